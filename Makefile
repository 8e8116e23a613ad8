# make            builds the three executables, static, into target/dist
# make demo       builds, then plays a prepaid call on a scratch ledger
# make test       everything that tests/run runs
# make bench      what a call costs in time, memory and syncs, beside the least that it could
# make install    copies them to where Asterisk and the operator look (DESTDIR, PREFIX, AGI_DIR)

EXECUTABLES := billctl celcombiller-caller celcombiller-reducer
DIST        := target/dist
PREFIX      ?= /usr/local
AGI_DIR     ?= /usr/share/asterisk/agi-bin

# The musl target where it is installed, because a program linked with musl starts four times as fast;
# else the host's own, which .cargo/config.toml links statically as well.
HOST := $(shell rustc -vV | sed -n 's/^host: //p')
MUSL := $(shell uname -m)-unknown-linux-musl
TARGET := $(shell test -d "$$(rustc --print target-libdir --target $(MUSL) 2>/dev/null)" \
            && command -v musl-gcc >/dev/null && echo $(MUSL) || echo $(HOST))

.PHONY: all demo test bench install clean

all:
	cargo build --release --locked --target $(TARGET) $(EXECUTABLES:%=--bin %)
	@mkdir -p $(DIST)
	@for name in $(EXECUTABLES); do \
	    install -m 755 target/$(TARGET)/release/$$name $(DIST)/.$$name && mv $(DIST)/.$$name $(DIST)/$$name; done
	@echo "built for $(TARGET): $(EXECUTABLES:%=$(DIST)/%)"

demo: all
	@$(DIST)/billctl demo

test:
	tests/run

# BENCH=scale compares small books with large ones, BENCH=reports asks for summaries; benches/calls/main.rs says what else there is.
bench: all
	cargo build --release --locked --target $(TARGET) --example floor-empty --example floor-commit
	CELCOMBILLER_EXECUTABLES=$(CURDIR)/$(DIST) CELCOMBILLER_FLOORS=$(CURDIR)/target/$(TARGET)/release/examples \
	    cargo bench --locked --target $(TARGET) --bench calls -- $(BENCH)

install: all
	install -D -m 755 $(DIST)/billctl $(DESTDIR)$(PREFIX)/bin/billctl
	install -D -m 755 agi-bin/celcombiller_caller $(DESTDIR)$(AGI_DIR)/celcombiller_caller
	install -D -m 755 agi-bin/celcombiller_reducer $(DESTDIR)$(AGI_DIR)/celcombiller_reducer

clean:
	cargo clean
