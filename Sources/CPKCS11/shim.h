/* PKCS#11 as the vault uses it: key templates are arrays of pointers, which are written in C with less risk than in
   Swift. The module is loaded at run time; nothing is linked. */
#include <dlfcn.h>
#include <string.h>
#include <p11-kit-1/p11-kit/pkcs11.h>

/* The functions of the module at a path; NULL if it cannot be loaded. It stays loaded: modules do not all survive being
   unloaded. */
static inline CK_FUNCTION_LIST_PTR pkcs11_load(const char *path) {
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    CK_FUNCTION_LIST_PTR functions = NULL;
    CK_RV (*list)(CK_FUNCTION_LIST_PTR *);
    if (library == NULL) return NULL;
    list = (CK_RV (*)(CK_FUNCTION_LIST_PTR *))dlsym(library, "C_GetFunctionList");
    return list != NULL && list(&functions) == CKR_OK ? functions : NULL;
}

static inline CK_RV pkcs11_initialize(CK_FUNCTION_LIST_PTR functions) {
    CK_C_INITIALIZE_ARGS arguments;
    CK_RV result;
    memset(&arguments, 0, sizeof arguments);
    arguments.flags = CKF_OS_LOCKING_OK;
    result = functions->C_Initialize(&arguments);
    return result == CKR_CRYPTOKI_ALREADY_INITIALIZED ? CKR_OK : result;
}

/* The slot whose token has this label (32 octets, padded with blanks). */
static inline CK_RV pkcs11_slot(CK_FUNCTION_LIST_PTR functions, const char *label, CK_SLOT_ID *slot) {
    CK_SLOT_ID slots[64];
    CK_ULONG number = 64, index;
    size_t length = strlen(label);
    unsigned char padded[32];
    CK_RV result;
    if (length > sizeof padded) return CKR_TOKEN_NOT_PRESENT;
    memset(padded, ' ', sizeof padded);
    memcpy(padded, label, length);
    result = functions->C_GetSlotList(CK_TRUE, slots, &number);
    if (result != CKR_OK) return result;
    for (index = 0; index < number; index++) {
        CK_TOKEN_INFO info;
        if (functions->C_GetTokenInfo(slots[index], &info) != CKR_OK) continue;
        if (memcmp(info.label, padded, sizeof padded) != 0) continue;
        *slot = slots[index];
        return CKR_OK;
    }
    return CKR_TOKEN_NOT_PRESENT;
}

/* A session in which the user is logged in. A process that is logged in already is refused: there the PIN would not
   be looked at. */
static inline CK_RV pkcs11_open(
    CK_FUNCTION_LIST_PTR functions, CK_SLOT_ID slot, const unsigned char *pin, CK_ULONG length,
    CK_SESSION_HANDLE *session) {
    CK_RV result = functions->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, session);
    if (result != CKR_OK) return result;
    result = functions->C_Login(*session, CKU_USER, (unsigned char *)pin, length);
    if (result != CKR_OK) functions->C_CloseSession(*session);
    return result;
}

static inline void pkcs11_close(CK_FUNCTION_LIST_PTR functions, CK_SESSION_HANDLE session) {
    functions->C_Logout(session);
    functions->C_CloseSession(session);
}

/* The AES key of a label, and how many there are; a key that is or ever was readable is not counted as one. */
static inline CK_RV pkcs11_find(
    CK_FUNCTION_LIST_PTR functions, CK_SESSION_HANDLE session, const char *label, CK_OBJECT_HANDLE *key,
    CK_ULONG *number) {
    CK_OBJECT_CLASS kind = CKO_SECRET_KEY;
    CK_KEY_TYPE type = CKK_AES;
    CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
    CK_ATTRIBUTE wanted[] = {
        {CKA_CLASS, &kind, sizeof kind}, {CKA_KEY_TYPE, &type, sizeof type}, {CKA_TOKEN, &yes, sizeof yes},
        {CKA_SENSITIVE, &yes, sizeof yes}, {CKA_ALWAYS_SENSITIVE, &yes, sizeof yes},
        {CKA_EXTRACTABLE, &no, sizeof no}, {CKA_NEVER_EXTRACTABLE, &yes, sizeof yes},
        {CKA_LABEL, (void *)label, strlen(label)},
    };
    CK_OBJECT_HANDLE found[2];
    CK_RV result = functions->C_FindObjectsInit(session, wanted, sizeof wanted / sizeof wanted[0]);
    *number = 0;
    if (result != CKR_OK) return result;
    result = functions->C_FindObjects(session, found, 2, number);
    functions->C_FindObjectsFinal(session);
    if (result == CKR_OK && *number > 0) *key = found[0];
    return result;
}

/* Makes a KEK in the token: AES-256, sensitive, not extractable, for wrapping and unwrapping alone. */
static inline CK_RV pkcs11_make(
    CK_FUNCTION_LIST_PTR functions, CK_SESSION_HANDLE session, const char *label, CK_OBJECT_HANDLE *key) {
    CK_MECHANISM mechanism = {CKM_AES_KEY_GEN, NULL, 0};
    CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
    CK_ULONG octets = 32;
    CK_ATTRIBUTE template[] = {
        {CKA_TOKEN, &yes, sizeof yes}, {CKA_PRIVATE, &yes, sizeof yes}, {CKA_SENSITIVE, &yes, sizeof yes},
        {CKA_EXTRACTABLE, &no, sizeof no}, {CKA_MODIFIABLE, &no, sizeof no}, {CKA_WRAP, &yes, sizeof yes},
        {CKA_UNWRAP, &yes, sizeof yes}, {CKA_ENCRYPT, &no, sizeof no}, {CKA_DECRYPT, &no, sizeof no},
        {CKA_VALUE_LEN, &octets, sizeof octets}, {CKA_LABEL, (void *)label, strlen(label)},
    };
    return functions->C_GenerateKey(session, &mechanism, template, sizeof template / sizeof template[0], key);
}

static inline CK_RV pkcs11_destroy(
    CK_FUNCTION_LIST_PTR functions, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key) {
    return functions->C_DestroyObject(session, key);
}

/* Wraps octets under a KEK by AES-KEY-WRAP (RFC 3394): they are an object of the session meanwhile. */
static inline CK_RV pkcs11_wrap(
    CK_FUNCTION_LIST_PTR functions, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE kek, const unsigned char *octets,
    CK_ULONG length, unsigned char *wrapped, CK_ULONG *wrapped_length) {
    CK_OBJECT_CLASS kind = CKO_SECRET_KEY;
    CK_KEY_TYPE type = CKK_AES;
    CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
    CK_ATTRIBUTE template[] = {
        {CKA_CLASS, &kind, sizeof kind}, {CKA_KEY_TYPE, &type, sizeof type}, {CKA_TOKEN, &no, sizeof no},
        {CKA_SENSITIVE, &no, sizeof no}, {CKA_EXTRACTABLE, &yes, sizeof yes}, {CKA_VALUE, (void *)octets, length},
    };
    CK_MECHANISM mechanism = {CKM_AES_KEY_WRAP, NULL, 0};
    CK_OBJECT_HANDLE key;
    CK_RV result = functions->C_CreateObject(session, template, sizeof template / sizeof template[0], &key);
    if (result != CKR_OK) return result;
    result = functions->C_WrapKey(session, &mechanism, kek, key, wrapped, wrapped_length);
    functions->C_DestroyObject(session, key);
    return result;
}

/* Unwraps and reads the octets; the object of the session is destroyed at once. */
static inline CK_RV pkcs11_unwrap(
    CK_FUNCTION_LIST_PTR functions, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE kek, const unsigned char *wrapped,
    CK_ULONG length, unsigned char *octets, CK_ULONG *octets_length) {
    CK_OBJECT_CLASS kind = CKO_SECRET_KEY;
    CK_KEY_TYPE type = CKK_AES;
    CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
    CK_ATTRIBUTE template[] = {
        {CKA_CLASS, &kind, sizeof kind}, {CKA_KEY_TYPE, &type, sizeof type}, {CKA_TOKEN, &no, sizeof no},
        {CKA_SENSITIVE, &no, sizeof no}, {CKA_EXTRACTABLE, &yes, sizeof yes},
    };
    CK_MECHANISM mechanism = {CKM_AES_KEY_WRAP, NULL, 0};
    CK_OBJECT_HANDLE key;
    CK_ATTRIBUTE value = {CKA_VALUE, octets, *octets_length};
    CK_RV result = functions->C_UnwrapKey(
        session, &mechanism, kek, (unsigned char *)wrapped, length, template, sizeof template / sizeof template[0],
        &key);
    if (result != CKR_OK) return result;
    result = functions->C_GetAttributeValue(session, key, &value, 1);
    *octets_length = result == CKR_OK ? value.ulValueLen : 0;
    functions->C_DestroyObject(session, key);
    return result;
}
