#include <libxml/xmlversion.h>
/* A Debian libxml2 names ICU's types in its headers; they collide with those that Foundation brings along. */
#undef LIBXML_ICU_ENABLED
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xmlerror.h>
#include <libxml/xmlschemas.h>
