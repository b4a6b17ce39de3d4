/*
 * install.c
 *		What the install and update scripts check before they do anything.
 *
 * The scripts run with the rights of a superuser, and make what everybody
 * calls.  So their schema must hold nothing of anybody else's, and nobody else
 * may put anything into it.  Before an update whoever owns the extension may
 * have made something of their own a member of it: it is refused likewise.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_class.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

static Oid
owner_of_extension(Oid extension)
{
	Relation rel = table_open(ExtensionRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;
	Oid owner = InvalidOid;

	ScanKeyInit(&key, Anum_pg_extension_oid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(extension));
	scan = systable_beginscan(rel, ExtensionOidIndexId, true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
		owner = ((Form_pg_extension) GETSTRUCT(tuple))->extowner;
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return owner;
}

/*
 * Was the schema made by this transaction, as CREATE EXTENSION does?  Then no
 * other session has ever seen it.  Whoever altered it has another version of it.
 */
static bool
is_new(HeapTuple schema)
{
	return !(schema->t_data->t_infomask & HEAP_UPDATED) &&
		   TransactionIdIsCurrentTransactionId(
			   HeapTupleHeaderGetXmin(schema->t_data));
}

/*
 * Who owns the schema, and who may put things into it, must be trusted by all:
 * the database's owner is, and not whoever installs, who could be about to put
 * things into it from another session.
 */
static void
check_owner(Oid schema, Oid extension)
{
	HeapTuple tuple = SearchSysCache1(NAMESPACEOID, ObjectIdGetDatum(schema));
	Oid owner;
	Datum acl;
	bool is_null;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for schema %u", schema);
	owner = ((Form_pg_namespace) GETSTRUCT(tuple))->nspowner;
	if (owner != ROLE_PG_DATABASE_OWNER &&
		!has_privs_of_role(owner, ROLE_PG_DATABASE_OWNER) &&
		!(owner == owner_of_extension(extension) && is_new(tuple)))
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("schema \"cvm\" belongs to role \"%s\"",
							   GetUserNameFromId(owner, true)),
						errdetail("Whoever owns the schema of an extension can "
								  "put functions beside its own."),
						errhint("Move the schema out of the way with ALTER "
								"SCHEMA cvm RENAME TO ..., or DROP SCHEMA cvm; "
								"CREATE EXTENSION cvm makes one of its own. "
								"Before an update, ALTER SCHEMA cvm OWNER TO "
								"pg_database_owner.")));

	acl = SysCacheGetAttr(NAMESPACEOID, tuple, Anum_pg_namespace_nspacl,
						  &is_null);
	if (!is_null)
	{
		Acl *granted = DatumGetAclP(acl);
		AclItem *item = ACL_DAT(granted);

		for (int i = 0; i < ACL_NUM(granted); i++)
			if (item[i].ai_grantee != owner &&
				(ACLITEM_GET_PRIVS(item[i]) & ACL_CREATE))
			{
				char *grantee =
					item[i].ai_grantee == ACL_ID_PUBLIC
						? "PUBLIC"
						: GetUserNameFromId(item[i].ai_grantee, true);

				ereport(
					ERROR,
					(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					 errmsg("role \"%s\" may create objects in schema \"cvm\"",
							grantee),
					 errdetail("Whoever may do so can put functions beside "
							   "those of the extension."),
					 errhint("Take the right away with REVOKE CREATE ON SCHEMA "
							 "cvm FROM that role.")));
			}
	}
	ReleaseSysCache(tuple);
}

/* Check what depends on something, in the way that depend says. */
typedef void (*DependentCheck)(Form_pg_depend depend,
							   const ObjectAddress *object, Oid extension);

/* Check everything that depends on an object of a catalog. */
static void
check_dependents(Oid catalog, Oid of, DependentCheck check, Oid extension)
{
	Relation rel = table_open(DependRelationId, AccessShareLock);
	ScanKeyData key[2];
	SysScanDesc scan;
	HeapTuple tuple;

	ScanKeyInit(&key[0], Anum_pg_depend_refclassid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(catalog));
	ScanKeyInit(&key[1], Anum_pg_depend_refobjid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(of));
	scan = systable_beginscan(rel, DependReferenceIndexId, true, NULL, 2, key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_depend depend = (Form_pg_depend) GETSTRUCT(tuple);
		ObjectAddress object = {depend->classid, depend->objid,
								depend->objsubid};

		check(depend, &object, extension);
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
}

/*
 * Everything in a schema depends on it, default privileges too.  What another
 * session has not committed yet is not seen: it can only be the database
 * owner's, who may put things into it afterwards too.
 */
static void
check_content(Form_pg_depend depend, const ObjectAddress *object, Oid extension)
{
	(void) depend;
	if (object->classId == ExtensionRelationId
			? object->objectId == extension
			: getExtensionOfObject(object->classId, object->objectId) ==
				  extension)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("schema \"cvm\" is not the extension's alone: it holds %s",
					getObjectDescription(object, false)),
			 errdetail("What lies beside the functions of an extension can be "
					   "called in their place."),
			 errhint("Drop it or move it into another schema. Before CREATE "
					 "EXTENSION the schema itself may go: ALTER SCHEMA cvm "
					 "RENAME TO ...")));
}

/* The owner of an object; InvalidOid where it can have none. */
static Oid
owner_of_object(const ObjectAddress *object)
{
	AttrNumber column = get_object_attnum_owner(object->classId);
	Oid owner = InvalidOid;
	HeapTuple tuple;
	bool is_null;

	if (column == InvalidAttrNumber)
		return InvalidOid;
	tuple = SearchSysCache1(get_object_catcache_oid(object->classId),
							ObjectIdGetDatum(object->objectId));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for object %u of catalog %u",
			 object->objectId, object->classId);
	owner = DatumGetObjectId(SysCacheGetAttr(
		get_object_catcache_oid(object->classId), tuple, column, &is_null));
	ReleaseSysCache(tuple);
	return owner;
}

/*
 * Tables of the registry, and the types of their rows, belong to whoever created
 * the extension, so that it can be dumped.  Nothing in the scripts reads or
 * writes their rows.
 */
static bool
may_be_owned(const ObjectAddress *object)
{
	Oid relation = InvalidOid;

	if (object->classId == RelationRelationId)
		relation = object->objectId;
	else if (object->classId == TypeRelationId)
	{
		Oid element = get_element_type(object->objectId);

		relation =
			get_typ_typrelid(OidIsValid(element) ? element : object->objectId);
	}
	return OidIsValid(relation) &&
		   (get_rel_relkind(relation) == RELKIND_RELATION ||
			get_rel_relkind(relation) == RELKIND_SEQUENCE);
}

/* All else of the extension must belong to superusers. */
static void
check_member(Form_pg_depend depend, const ObjectAddress *object, Oid extension)
{
	Oid owner;

	(void) extension;
	if (depend->deptype != DEPENDENCY_EXTENSION)
		return;
	owner = owner_of_object(object);
	if (!OidIsValid(owner) || superuser_arg(owner) || may_be_owned(object))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("%s is a member of extension \"cvm\" and belongs to "
					"role \"%s\"",
					getObjectDescription(object, false),
					GetUserNameFromId(owner, true)),
			 errdetail("Whoever owns a function of an extension can have "
					   "it do something else."),
			 errhint("Take it out with ALTER EXTENSION cvm DROP ... and "
					 "drop it, or, where that role was a superuser when it "
					 "created the extension, give it to one with REASSIGN "
					 "OWNED BY ... TO ...")));
}

PG_FUNCTION_INFO_V1(cvm_check_schema);
Datum
cvm_check_schema(PG_FUNCTION_ARGS)
{
	Oid extension = get_extension_oid("cvm", false);
	Oid schema = get_namespace_oid("cvm", false);

	check_owner(schema, extension);
	check_dependents(NamespaceRelationId, schema, check_content, extension);
	check_dependents(ExtensionRelationId, extension, check_member, extension);
	PG_RETURN_VOID();
}
