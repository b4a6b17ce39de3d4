/*
 * choice_columns.c
 *		Which columns say whether a row may wait (pg/choice_scan.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "pg/choice_scan.h"

#include "access/tupmacs.h"
#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "pg/compat.h"
#include "pg/numeric.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"

/* Is an expression a whole number? */
static bool
is_integer(Node *node)
{
	const FuncExpr *call = (const FuncExpr *) node;

	return IsA(node, FuncExpr) &&
		   (call->funcid == F_NUMERIC_INT2 || call->funcid == F_NUMERIC_INT4 ||
			call->funcid == F_NUMERIC_INT8);
}

/* What an expression may be: columns and constants; false: something else too */
static bool
values_of(Node *node, List **values)
{
	ListCell *at;

	while (node != NULL && IsA(node, RelabelType))
		node = (Node *) ((RelabelType *) node)->arg;
	if (node == NULL)
		return true;
	switch (nodeTag(node))
	{
		case T_Const:
			if (((Const *) node)->constisnull)
				return true;
			/* FALLTHROUGH */
		case T_Var:
			*values = lappend(*values, node);
			return true;
		case T_FuncExpr:
			*values = lappend(*values, node);
			return is_integer(node);
		case T_CaseExpr:
			foreach (at, ((CaseExpr *) node)->args)
				if (!values_of((Node *) lfirst_node(CaseWhen, at)->result,
							   values))
					return false;
			return values_of((Node *) ((CaseExpr *) node)->defresult, values);
		case T_CoalesceExpr:
			foreach (at, ((CoalesceExpr *) node)->args)
				if (!values_of(lfirst(at), values))
					return false;
			return true;
		default:
			return false;
	}
}

/* The one column that an expression is where it is not NULL; or NULL */
static Var *
column_of(Node *node)
{
	List *values = NIL;
	Var *column = NULL;
	ListCell *at;

	if (node == NULL || !values_of(node, &values))
		return NULL;
	foreach (at, values)
	{
		Var *var = lfirst(at);

		if (!IsA(var, Var) ||
			(column != NULL && column->varattno != var->varattno))
			return NULL;
		column = var;
	}
	return column;
}

static AttrNumber
day_column(Node *node)
{
	const Var *column = column_of(node);

	return column != NULL && column->vartype == DATEOID ? column->varattno : 0;
}

/* Find out which column is the customer; or false. */
static bool
customer_look(ChoiceScan *scan, Node *node)
{
	KeyKind kind = scan->choice->kind;
	const Var *column;

	if (node != NULL && IsA(node, FuncExpr) &&
		((FuncExpr *) node)->funcid == F_INT8_INT4)
	{
		scan->is_short = true;
		node = linitial(((FuncExpr *) node)->args);
	}
	column = column_of(node);
	if (column == NULL)
		return false;
	scan->customer = column->varattno;
	switch (column->vartype)
	{
		case INT4OID:
			return kind == KEY_NUMBER && scan->is_short;
		case INT8OID:
			return kind == KEY_NUMBER && !scan->is_short;
		case UUIDOID:
			return kind == KEY_UUID;
		case TEXTOID:
		case VARCHAROID:
			return kind == KEY_TEXT;
		default:
			return false;
	}
}

/* Find out what decimals a price has, or which columns to look at; or false. */
static bool
price_look(ChoiceScan *scan, Node *node)
{
	StepChoice *choice = scan->choice;
	List *values = NIL;
	ListCell *at;

	if (!values_of(node, &values))
		return false;
	foreach (at, values)
	{
		Node *value = lfirst(at);
		int scale;

		if (exprType(value) != NUMERICOID)
			return false;
		if (IsA(value, FuncExpr))
			scale = 0;
		else if (IsA(value, Const))
			decimal_read(((Const *) value)->constvalue, &scale);
		else if (((Var *) value)->vartypmod < 0)
		{
			AttrNumber column = ((Var *) value)->varattno;

			scan->price_columns =
				list_append_unique_int(scan->price_columns, column);
			scan->last = Max(scan->last, column);
			continue;
		}
		else
			scale = decimal_typmod_scale(((Var *) value)->vartypmod);
		if (scale > choice->decimals)
			return false;
		choice->scale = Max(choice->scale, scale);
	}
	return true;
}

/* Find out which column tells whether a line is paused; or false. */
static bool
status_look(ChoiceScan *scan, Node *node)
{
	Bitmapset *columns = NULL;
	int column;

	if (node == NULL)
		return true;
	if (IsA(node, Const))
		return ((Const *) node)->constisnull ||
			   !DatumGetBool(((Const *) node)->constvalue);
	pull_varattnos(node,
				   ((const Scan *) scan->below->node->ss.ps.plan)->scanrelid,
				   &columns);
	if (!bms_get_singleton_member(columns, &column))
		return false;
	column += FirstLowInvalidHeapAttributeNumber;
	if (column <= 0 ||
		TupleDescAttr(
			RelationGetDescr(scan->below->node->ss.ss_currentRelation),
			column - 1)
				->attlen != -1)
		return false;
	scan->status = (AttrNumber) column;
	return true;
}

/* Say how the columns lie, up to the last that is needed. */
static void
columns_lay_out(ChoiceScan *scan)
{
	TupleDesc descriptor =
		RelationGetDescr(scan->below->node->ss.ss_currentRelation);
	Size offset = 0;

	scan->columns = palloc(scan->last * sizeof(ChoiceColumn));
	scan->values = palloc(scan->last * sizeof(char *));
	for (int i = 0; i < scan->last; i++)
	{
		Form_pg_attribute column = TupleDescAttr(descriptor, i);

		scan->columns[i].length = column->attlen;
		scan->columns[i].alignment =
			column->attalign == TYPALIGN_CHAR	 ? 1
			: column->attalign == TYPALIGN_SHORT ? ALIGNOF_SHORT
			: column->attalign == TYPALIGN_INT	 ? ALIGNOF_INT
												 : ALIGNOF_DOUBLE;
	}
	/* what comes before the first text is always in the same place */
	for (int i = 0;
		 i < Min(scan->early, BITS_PER_BYTE) && scan->columns[i].length > 0;
		 i++)
	{
		offset = TYPEALIGN(scan->columns[i].alignment, offset);
		scan->columns[i].offset = offset;
		offset += scan->columns[i].length;
		scan->fixed = i + 1;
		scan->fixed_bits |= (bits8) (1 << i);
		scan->fixed_size = offset;
	}
}

bool
choice_columns_find(ChoiceScan *scan, Node *const *arguments)
{
	const StepChoice *choice = scan->choice;
	bool is_possible = customer_look(scan, arguments[choice->customer]);

	scan->start = day_column(arguments[choice->start]);
	scan->end = day_column(arguments[choice->end]);
	scan->early = Max(scan->customer, Max(scan->start, scan->end));
	scan->last = scan->early;
	is_possible = is_possible && scan->customer > 0 && scan->start > 0 &&
				  scan->end > 0 && status_look(scan, arguments[choice->paused]);
	for (int i = 0; i < CHOICE_PRICES && choice->decimals >= 0; i++)
		is_possible =
			is_possible && price_look(scan, arguments[choice->prices[i]]);
	scan->last = Max(scan->last, scan->status);
	if (is_possible)
		columns_lay_out(scan);
	return is_possible;
}
