EXTENSION   = cvm
EXTVERSION  = $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" cvm.control)

MODULE_big  = cvm
OBJS        = $(patsubst %.c,%.o,$(wildcard src/core/*.c src/*.c))
PG_CPPFLAGS = -Isrc -DCVM_VERSION='"$(EXTVERSION)"'

SQL         = sql/cvm--$(EXTVERSION).sql
DATA        = $(filter-out $(SQL),$(wildcard sql/cvm--*--*.sql))
DATA_built  = $(SQL)

REGRESS      = $(sort $(patsubst test/sql/%.sql,%,$(wildcard test/sql/*.sql)))
REGRESS_OPTS = --inputdir=test

# demo and check install what they need first, so they must not need PGXS
ifneq ($(filter demo demo-stop check,$(MAKECMDGOALS)),)
.PHONY: demo demo-stop check
demo demo-stop check:
	@scripts/$@
else
PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

$(OBJS): $(wildcard src/*.h src/core/*.h)

$(SQL): $(sort $(wildcard sql/[0-9][0-9]-*.sql))
	cat $^ > $@
endif
