# SPDX-License-Identifier: PostgreSQL
# Where this file lies: "make -f DIR/Makefile" builds in the current directory
SRC := $(dir $(firstword $(MAKEFILE_LIST)))
# PGXS knows it too, but not of a server that was built among its sources
ifneq ($(SRC),./)
VPATH := $(SRC)
endif

EXTENSION   = cvm
EXTVERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" $(SRC)cvm.control)

MODULE_big    = cvm
OBJS          = $(patsubst $(SRC)%.c,%.o,$(wildcard $(SRC)src/core/*/*.c $(SRC)src/pg/*.c $(SRC)src/pg/*/*.c))
PG_CPPFLAGS   = -I$(SRC:./=)src -DCVM_VERSION='"$(EXTVERSION)"'
PG_CFLAGS     = -MMD -MP -fno-semantic-interposition $(PREFIX_MAPS)
# Wherever it is built, the library knows its sources by the same names
PREFIX_MAPS   = $(patsubst %,-ffile-prefix-map=%=,$(abspath $(SRC))/ $(filter-out ./,$(SRC))) -ffile-prefix-map=$(CURDIR)=.
EXTRA_CLEAN   = $(OBJS:.o=.d)
SHLIB_EXPORTS = src/pg/exports.txt

SQL         = sql/cvm--$(EXTVERSION).sql
UPDATES     = $(patsubst $(SRC)sql/updates/%.sql,sql/cvm--%--$(EXTVERSION).sql,$(wildcard $(SRC)sql/updates/*.sql))
DATA_built  = $(SQL) $(UPDATES)

# Installed as DOCDIR/cvm/: others have a README.md too
DOCS = README.md CHANGELOG.md $(patsubst $(SRC)%,%,$(sort $(wildcard $(SRC)doc/*.md)))
override docmoduledir := cvm

REGRESS        = $(sort $(patsubst $(SRC)test/sql/%.sql,%,$(wildcard $(SRC)test/sql/*.sql)))
# made once for all tests, each of which rolls back
REGRESS_OPTS   = --inputdir=test --load-extension=pgtap --load-extension=cvm
ISOLATION      = $(sort $(patsubst $(SRC)test/isolation/specs/%.spec,%,$(wildcard $(SRC)test/isolation/specs/*.spec)))
ISOLATION_OPTS = --inputdir=test/isolation --load-extension=cvm

# The chores: check and demo install what they need first, so none needs PGXS.
CHORES = check check-all check-assert check-citus deb demo demo-stop format results dist
ifneq ($(filter $(CHORES),$(MAKECMDGOALS)),)
.PHONY: $(CHORES)

check check-all check-assert check-citus deb demo demo-stop:
	@scripts/$@

format:
	clang-format -i $(wildcard src/*/*.[ch] src/*/*/*.[ch] test/*/*.[ch])

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

# elsewhere than in the source tree the directories have to be made
$(shell mkdir -p sql $(sort $(dir $(OBJS))))

# A header rebuilds what includes it
-include $(OBJS:.o=.d)
$(OBJS): $(SRC)cvm.control

# The parts of all folders, in the order of their numbers
PARTS = $(foreach part,$(sort $(notdir $(wildcard $(SRC)sql/*/[0-9][0-9]-*.sql))),$(wildcard $(SRC)sql/*/$(part)))
$(SQL): $(SRC)sql/write.awk $(PARTS)
	awk -f $^ > $@

# from each released version to this one
$(UPDATES): sql/cvm--%--$(EXTVERSION).sql: $(SRC)sql/updates/write.awk $(SRC)sql/updates/%.objects $(SRC)sql/updates/%.sql $(SQL)
	awk -f $^ > $@

.DELETE_ON_ERROR:

uninstall: uninstall-docs
.PHONY: uninstall-docs
uninstall-docs:
	rm -rf '$(DESTDIR)$(docdir)/cvm'
endif
