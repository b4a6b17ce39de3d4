#!/usr/bin/env bash
# SPDX-License-Identifier: PostgreSQL
# Recipes: a model of each layout has the figures of the truth, and those that are
# counted from every day of every customer, in TAP; one is made by the three lines of
# the README.  Making a dozen models takes a minute, so this is for CVM_LAYOUTS=1;
# test/sql/recipe.sql compares the spells and events of all, and the figures of one.
set -uo pipefail
. test/tap.sh

if [ -z "${CVM_LAYOUTS:-}" ]; then
	skip "a model of each layout is made with CVM_LAYOUTS=1"
	done_testing
	exit
fi
database=cvm_layouts
trap 'dropdb --if-exists --force $database >/dev/null 2>&1' EXIT
dropdb --if-exists --force $database >/dev/null 2>&1
createdb $database
run() { psql -XAtq -v ON_ERROR_STOP=1 -d $database "$@"; }

run -o /dev/null <<-'SQL'
	\i test/layouts.sql
	CREATE TEMP TABLE counted_layout AS SELECT unnest('{stripe,chargebee,recurly,telecom,shopify,woocommerce}'::text[]) AS layout;
	\i test/layouts_days.sql
SQL
started=$SECONDS
lines=$(sed -n '/^    CREATE EXTENSION cvm;$/,/^    .gexec$/s/^    //p' README.md)
is "$(wc -l <<<"$lines")" 3 "the README has three lines for a billing system"
ok "the three lines of the README make a model" run -o /dev/null <<<"$lines"
echo "# in $((SECONDS - started)) s"
# what lifetime values ask for
set_margins() {
	run -o /dev/null -c "SELECT cvm.configure('$1', s, v) FROM (VALUES ('margin_rate', '0.6'), ('monthly_discount_rate', '0.01')) x (s, v)"
}
# make MODEL RECIPE SCHEMA CURRENCY: by a recipe, twice, as nothing changes then
make_model() {
	run -o /dev/null <<-SQL
		SELECT cvm.create_model('$1', tz => 'Europe/Vilnius', currency => $4, as_of => '2024-12-01');
		SELECT cvm.recipe('$2', '$3', '$1', tz => 'Europe/Vilnius') \gexec
		SELECT cvm.recipe('$2', '$3', '$1', tz => 'Europe/Vilnius') \gexec
	SQL
	set_margins "$1"
}
# truth MODEL CURRENCY SETTING VALUE ENTITY=TABLE...: of what was written down
make_truth() {
	local model=$1 currency=$2 setting=$3 value=$4 pair
	shift 4
	run -o /dev/null -c "SELECT cvm.create_model('$model', tz => 'Europe/Vilnius', currency => $currency, as_of => '2024-12-01')"
	[ -z "$setting" ] || run -o /dev/null -c "SELECT cvm.configure('$model', s, '$value') FROM unnest('{$setting}'::text[]) s"
	for pair in "$@"; do
		run -o /dev/null -c "SELECT cvm.bind('$model', '${pair%%=*}', '${pair#*=}')"
	done
	set_margins "$model"
}
# like MODEL TRUTH VIEW...: every row of the views
like() {
	local view
	for view in "${@:3}"; do
		is "$(run -c "SELECT count(*) > 0 FROM $1.$view")" t "$1: $view has rows"
		empty "$1: $view is that of the truth" diff <(run -c "SELECT t::text FROM $1.$view t ORDER BY t::text COLLATE \"C\"") <(run -c "SELECT t::text FROM $2.$view t ORDER BY t::text COLLATE \"C\"")
	done
}
# counted LAYOUT MODEL VIEW...: every figure, day by day
counted() {
	local view
	for view in "${@:3}"; do
		empty "$2: every figure of $view is that of every day of every customer" run -c "SELECT told.miscounted('$1', '$2', '$view')"
	done
	empty "$2: check_model() finds nothing wrong" run -c "SELECT c.severity, c.entity, c.problem, c.samples FROM cvm.check_model('$2') c WHERE c.severity <> 'info'"
}
figures=(mrr_movement subscription_kpi customer_phase retention_month)

make_truth truth "'USD'" segment_schemes country customer=told.customer event=told.event subscription=told.subscription
make_truth truth_active "'USD'" segment_schemes country customer=told.customer event=told.event subscription=told_active.subscription
make_truth truth_accounts "'USD'" segment_schemes country customer=told.customer event=told.event subscription=told_accounts.subscription
make_truth truth_shop "'GBP'" start_kinds,return_kinds order customer=told_shop.customer event=told_shop.event
make_truth truth_guests "'GBP'" start_kinds,return_kinds order event=told_shop.guests
make_truth truth_telco NULL '' '' customer=told_telco.customer event=told_telco.event subscription=told_telco.subscription product=told_telco.product segment_history=told_telco.segment_history
make_model from_stripe stripe stripe "'USD'"
run -o /dev/null -c "SELECT cvm.configure('acme', 'as_of', '2024-12-01')"
set_margins acme
like acme from_stripe "${figures[@]}"
like from_stripe truth "${figures[@]}"
counted stripe from_stripe "${figures[@]}"
make_model from_sync stripe synced "'USD'"
like from_sync truth "${figures[@]}"
counted stripe from_sync "${figures[@]}"
make_model from_chargebee chargebee chargebee "'USD'"
like from_chargebee truth_active "${figures[@]}"
counted chargebee from_chargebee "${figures[@]}"
make_model from_plans chargebee chargebee_plans "'USD'"
like from_plans truth_active "${figures[@]}"
counted chargebee from_plans "${figures[@]}"
make_model from_recurly recurly recurly "'USD'"
like from_recurly truth_accounts "${figures[@]}"
counted recurly from_recurly "${figures[@]}"
make_model from_telco telecom telco NULL
like from_telco truth_telco "${figures[@]}"
counted telecom from_telco "${figures[@]}"
# shops: orders are paid as people go, and nothing in them goes on
orders=(customer_phase retention_month)
make_model from_shopify shopify shopify "'GBP'"
like from_shopify truth_shop "${orders[@]}" retention_curve lifecycle_month
counted shopify from_shopify "${orders[@]}"
make_model from_woo woocommerce woo "'GBP'"
like from_woo truth_guests "${orders[@]}" retention_curve lifecycle_month
counted woocommerce from_woo "${orders[@]}"
for model in from_shopify from_woo; do
	is "$(run -c "SELECT string_agg(concat_ws(' ', c.view, c.\"exists\", c.waits_for), ', ' ORDER BY c.view) FROM cvm.catalog('$model') c WHERE c.view IN ('mrr_movement', 'subscription_kpi')")" \
		'mrr_movement f subscription, subscription_kpi f subscription' "$model: there is no waterfall of orders, and the catalog says what it waits for"
done
done_testing
