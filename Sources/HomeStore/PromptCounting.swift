import HomeMSSP
import MSSCore

/// Prompts that were left unanswered or refused (`prompt_counts`), as parts of the statements that begin and end
/// transactions: counted in the same commit, and what runs still is no other's turn.
enum PromptCounting {
    /// An INSERT of what ended, from a CTE of rows of `transactions`: iccid, provider, kind, fault, fault_specifier, uplink.
    ///
    /// A provider that takes its request back leaves a prompt on the phone as well: 406 without the card's word.
    static func count(_ ended: String) -> String {
        """
        INSERT INTO prompt_counts AS p (iccid, provider, unanswered, refusals, refused)
        SELECT iccid, provider, CASE WHEN fault = 401 THEN '{}'::timestamptz[] ELSE ARRAY[now()] END,
            CASE WHEN fault <> 401 THEN 0 WHEN \(isNotMe) THEN \(PromptLimits.weightOfNotMe) ELSE 1 END,
            CASE WHEN fault = 401 THEN now() END
        FROM \(ended) WHERE kind = 1 AND (fault IN (208, 401) OR fault = 406 AND uplink IS NULL)
        ON CONFLICT (iccid, provider) DO UPDATE
        SET unanswered = (p.unanswered || excluded.unanswered)
                [cardinality(p.unanswered) + cardinality(excluded.unanswered) - \(PromptLimits.most - 1):],
            refusals = least(
                CASE WHEN p.refused > now() - interval '\(PromptLimits.memory) seconds' THEN p.refusals ELSE 0 END
                    + excluded.refusals, \(PromptLimits.most)
            ),
            refused = coalesce(excluded.refused, p.refused)
        """
    }

    /// "I did not start this", of an ended transaction.
    static let isNotMe = "coalesce(fault = 401 AND fault_specifier = 4014, false)"

    /// An UPDATE that ends what was counted, with the FROM and WHERE of `p`'s rows after it.
    static let forgive = "UPDATE prompt_counts p SET unanswered = '{}', refusals = 0, refused = NULL"

    /// Whether anything is counted in a row `p`.
    static let isCounted = "(p.refusals > 0 OR p.unanswered <> '{}')"

    /// CTEs of a beginning: `held` has the requests of `asked` that the person is not to be bothered with, `unsettled`
    /// the cards whose count is not at its end; `overdue` is what the same statement ends.
    ///
    /// $4: cards, $26: unanswered of one provider, $27: of all, $28: pause, $29: the longest one.
    static let held = """
        counts AS (
            SELECT iccid, provider, unanswered, refusals, refused, wrong_codes FROM prompt_counts
            WHERE iccid = ANY ($4::text[])
        ), unsettled AS (
            -- What runs as this statement sees it has not been counted yet: its card is busy, also if it ends just now. A
            -- lock would serve as well, but whoever ends a transaction comes to these rows from the other side.
            SELECT t.iccid FROM counts c JOIN transactions t ON t.iccid = c.iccid
            WHERE t.running AND t.deadline >= now()
        ), prompts AS (
            SELECT c.iccid, c.provider, u.at FROM counts c CROSS JOIN LATERAL unnest(c.unanswered) AS u (at)
            WHERE u.at > now() - interval '1 hour'
            UNION ALL
            SELECT iccid, provider, now() FROM overdue WHERE kind = 1
        ), held AS (
            SELECT a.id, h.reason, h.until FROM asked a CROSS JOIN LATERAL (
                SELECT 1 AS reason, (
                    SELECT p.at FROM prompts p WHERE p.iccid = a.iccid AND p.provider = a.provider
                    ORDER BY p.at DESC OFFSET $26::int4 - 1 LIMIT 1
                ) + interval '1 hour' AS until
                UNION ALL
                SELECT 2, (
                    SELECT c.refused + least($28::int4 * 2.0 ^ (c.refusals - 1), $29::int4) * interval '1 second'
                    FROM counts c WHERE c.iccid = a.iccid AND c.provider = a.provider AND c.refusals > 0
                )
                UNION ALL
                -- Over when either is: the sum is small enough, or none of it is this provider's.
                SELECT 3, CASE WHEN s.mine IS NOT NULL THEN least(s.mine, s.last) + interval '1 hour' END
                FROM (
                    SELECT p.at AS last, (
                        SELECT max(m.at) FROM prompts m WHERE m.iccid = a.iccid AND m.provider = a.provider
                    ) AS mine
                    FROM prompts p WHERE p.iccid = a.iccid ORDER BY p.at DESC OFFSET $27::int4 - 1 LIMIT 1
                ) AS s
                UNION ALL
                SELECT 4, (
                    SELECT w.at FROM counts c CROSS JOIN LATERAL unnest(c.wrong_codes) AS w (at)
                    WHERE c.iccid = a.iccid AND c.provider = a.provider
                    ORDER BY w.at DESC OFFSET \(PromptLimits.wrongCodes - 1) LIMIT 1
                ) + interval '1 hour'
            ) AS h
            -- Looked at once a statement: mostly there is nothing, and no request is compared with it.
            WHERE (SELECT count(*) FROM counts) + (SELECT count(*) FROM overdue) > 0
                AND a.kind = 1 AND a.expected = (h.reason = \(PromptHold.Reason.wrongCode.rawValue)) AND h.until > now()
        )
        """

    /// Counts a wrong no-spam code, unless too many were counted within an hour ($1: card, $2: provider).
    static let wrongCode = """
        INSERT INTO prompt_counts AS p (iccid, provider, wrong_codes) VALUES ($1, $2, ARRAY[now()])
        ON CONFLICT (iccid, provider) DO UPDATE
        SET wrong_codes = CASE
            WHEN p.wrong_codes[1] > now() - interval '1 hour' AND cardinality(p.wrong_codes) >= \(PromptLimits.wrongCodes)
            THEN p.wrong_codes
            ELSE (p.wrong_codes || now())[greatest(cardinality(p.wrong_codes) - \(PromptLimits.wrongCodes - 2), 1):] END
        RETURNING CASE WHEN wrong_codes[cardinality(wrong_codes)] < now()
            THEN (extract(epoch FROM wrong_codes[1] + interval '1 hour') * 1000000)::int8 END
        """
}
