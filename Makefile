# SPDX-License-Identifier: PostgreSQL
EXTENSION   = cvm
EXTVERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" cvm.control)

MODULE_big    = cvm
OBJS          = $(patsubst %.c,%.o,$(wildcard src/core/*.c src/*.c))
PG_CPPFLAGS   = -Isrc -DCVM_VERSION='"$(EXTVERSION)"'
PG_CFLAGS     = -fno-semantic-interposition
SHLIB_EXPORTS = src/exports.txt

SQL         = sql/cvm--$(EXTVERSION).sql
DATA        = $(filter-out $(SQL),$(wildcard sql/cvm--*--*.sql))
DATA_built  = $(SQL)

REGRESS        = $(sort $(patsubst test/sql/%.sql,%,$(wildcard test/sql/*.sql)))
REGRESS_OPTS   = --inputdir=test
ISOLATION      = $(sort $(patsubst test/isolation/specs/%.spec,%,$(wildcard test/isolation/specs/*.spec)))
ISOLATION_OPTS = --inputdir=test/isolation --load-extension=cvm

# The chores: check and demo install what they need first, so none needs PGXS.
CHORES = check check-assert demo demo-stop format results dist
ifneq ($(filter $(CHORES),$(MAKECMDGOALS)),)
.PHONY: $(CHORES)

check check-assert demo demo-stop:
	@scripts/$@

format:
	clang-format -i $(wildcard src/*.[ch] src/core/*.[ch] test/*/*.[ch])

results:  # what the last check got becomes what the next one expects
	$(if $(wildcard results),mkdir -p expected && cp results/*.out expected/)
	$(if $(wildcard output_iso),mkdir -p test/isolation/expected && cp output_iso/results/*.out test/isolation/expected/)

DIST ?= cvm-$(EXTVERSION).zip
dist:
	git archive --prefix=cvm-$(EXTVERSION)/ -o $(DIST) HEAD
else
PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

$(OBJS): $(wildcard src/*.h src/core/*.h) cvm.control

$(SQL): sql/write.awk $(sort $(wildcard sql/[0-9][0-9]-*.sql))
	awk -f $^ > $@

.DELETE_ON_ERROR:
endif
