#!/usr/bin/env python3
"""Holds the code to its rules: who may include whom, what a pure room may not do, how long is long.

Usage: tidy.py [ROOT]. Prints "path:line: what is wrong: what to do" a breach; exits 1 if any.
The tables are the rules, each with its reason; docs/architecture.md says them in words.
"""

import fnmatch
import pathlib
import re
import shutil
import subprocess
import sys

# Library: the libraries that its DEPENDS may name. Whatever those depend on comes with them.
ARROWS = {
    "base": "",                                # Words that all share.
    "model": "base",                           # The nouns; pure.
    "planner": "model",                        # Decides from values alone, and so does
    "converge": "model",                       # this one; neither knows the other.
    "codec": "model",                          # Texts to values and back.
    "io": "base",                              # Doors know nothing of formations.
    "controller_loop": "planner",              # Also runs in the simulator: no codec, no io.
    "agent_loop": "converge",                  # The same.
    # Lint is for whoever writes a spec, by file or over the API. Daemons and hactl speak over HTTPS,
    "controller": "controller_loop codec io lint",
    "agent": "agent_loop codec io",            # so none of the three includes another.
    "writer": "base",                          # Lies in bench/; the client that measures gaps.
    "simulate": "sim",                         # The same, from a file, for users.
    "lint": "model",                           # Reads a spec, knows nothing of what runs.
    "why": "planner",                          # Tells in words what the planner decided.
    "hactl": "codec io lint simulate why writer",  # `hactl lab traffic` is that writer.
    "sim": "controller_loop agent_loop planner converge",  # The daemons' loops, no real door.
    "check": "sim planner converge",           # The brains alone; sim reads settings files back.
    "bench": "hactl io writer",                # Measures a lab through hactl.
}

# Third-party header, its CMake target, the files that may include it. Tests may include any.
DOORS = [
    (r"libpq-fe\.h", "PostgreSQL::PostgreSQL", "agent/pg_session.cc bench/host_race.h"),
    (r"sqlite3\.h", "SQLite::SQLite3",
     # The store is one file; what it reads and writes may take several.
     "controller/sqlite_store.cc controller/sqlite_statement.h"),
    (r"yaml-cpp/", "yaml-cpp", "codec/spec_yaml.cc"),       # It throws; one file catches.
    (r"(cpprest|pplx)/", "cpprestsdk::cpprest", "io/http_client.cc"),  # It throws, and has threads.
    (r"boost/asio", "Boost::system", "io/asio.h"),          # Needs <utility> before it; slow.
    (r"boost/beast/", "Boost::system", "io/http_server.cc"),
    (r"openssl/", "OpenSSL::SSL", "io/certificates.cc io/openssl_handles.h io/tls_setup.h"),
    (r"spdlog/", "spdlog::spdlog", "io/log.cc"),            # All others log through io/log.h.
    (r"CLI/", "CLI11::CLI11", "hactl/command_line*.cc hactl/command_line_parts.h controller/main.cc"),
    (r"fmt/", "fmt::fmt", "controller/* hactl/* io/* bench/*"),  # Words for people: the shells'.
    # JSON belongs to codec; these speak documents of the API, or keep a file of their own in JSON.
    (r"nlohmann/", "nlohmann_json::nlohmann_json",
     "codec/* controller/answers.* controller/api*.* controller/goal_polls.cc controller/shown.h"
     " controller/stored_json.cc controller/watches.* agent/agent_config.cc"
     " agent/https_transport.cc agent/local_state_file.cc hactl/api.h hactl/explain_text.h hactl/formation_files.h"
     " hactl/formation_item.h hactl/json_path.h hactl/modify.h hactl/printer.h hactl/resources.h"
     " hactl/selector.h hactl/lab_network.cc hactl/lab_processes.cc"
     " hactl/lab_start.cc"),
    (r"gtest/", "GTest::gtest", ""),
]
SYSTEM = (r"(sys|netinet|arpa)/.*|\w+"
          r"|(fcntl|grp|malloc|poll|pty|pwd|sched|signal|stdio|stdlib|termios|time|unistd)\.h")

PURE = "base/* model/* planner/* converge/* codec/* lint/* why/*"
LOOPS = ("agent/agent_loop.* agent/postgres.h agent/state_file.h agent/transport.h"
         " controller/formation_loop.* controller/formation_writes.cc controller/formation_change.*"
         " controller/involved.* controller/steps_taken.* controller/store.* controller/wal_times.*")
REPLAYED = f"{PURE} {LOOPS} sim/* check/*"  # All that one seed must replay exactly.

# Standard headers without clock, thread, file, chance or hash order. <chrono> gives units only.
PURE_HEADERS = set("""algorithm array bit cctype charconv chrono compare concepts cstddef cstdint cstdio
    cstring deque exception functional iterator limits map memory numeric optional set span sstream
    string string_view tuple type_traits utility variant vector""".split())
PURE_EXCEPTIONS = {("base/check.cc", "cstdlib"),         # A failed check ends the process.
                   ("model/network.cc", "arpa/inet.h")}  # inet_pton: it only reads a text.

THREADS = r"std::(j?thread|this_thread|mutex|atomic|future|async|condition_variable)\b"

# Where, but not where, what is banned there, what to do. Comments and strings don't count.
BANS = [
    (REPLAYED, "sim/main.cc check/main.cc",
     r"_clock\b|\b(gettimeofday|clock_gettime|localtime|gmtime|time)\(",
     "time is an input: take an Instant, or ask the Scheduler"),
    # The Scheduler, the log's stamps, a certificate's days; a run of a program blocks on its own.
    ("controller/* io/*", "io/asio_scheduler.cc io/log.cc io/certificates.cc io/process.cc",
     r"_clock::now|\bclock_gettime\(", "no second clock: ask the Scheduler"),
    # One strand a daemon; hactl and bench wait like any program of the command line.
    ("*", "io/* agent/* bench/* hactl/* tests/* controller/sqlite_store.cc", THREADS,
     "no threads outside the doors: post to the Scheduler"),
    (LOOPS, "", THREADS, "the loop runs on one strand: post to the Scheduler"),
    (f"{PURE} {LOOPS}", "base/check.cc",
     r"\bf?printf\(|\b(fopen|fputs|fwrite|puts|getenv|setenv|std::cout|std::cerr)\b",
     "no I/O here: return a value, and let a shell act"),
    ("*", "tests/*", r"_distribution\b|\bmt19937|\brandom_device\b|\b(s?rand|random)\(\)",
     "chance comes from a seed through base/prng.h, or from io/ for secrets"),
    (REPLAYED, "", r"\bunordered_(multi)?(map|set)\b", "hash order must not decide: use map"),
    (f"{PURE} {LOOPS}", "", r"\b(double|float)\b", "no floating point: use integers with a unit"),
    (PURE, "", r"\b(shared|weak)_ptr\b", "values have no shared owners: hold them by value"),
    ("tests/*", "", r"\bsleep_(for|until)\b|\bu?sleep\(", "tests don't sleep: wait for events"),
    # Tasks of cpprestsdk end with exceptions of any type.
    ("*", "*/main.cc io/http_client.cc", r"catch \(\.\.\.\)", "only main catches all: name it"),
    ("*", "", r"(?<!_)\bassert\(", "use HACTL_CHECK, which holds in every build"),
    ("*", "", r"std::format\b", "g++ 12 has no std::format: use fmt"),
    ("*", "io/http_client.cc", r"\b\w*(util|helper|manager)\w*\b|\bhandle_\w+\(|\bmaster\b",
     "a name that says nothing or the wrong thing: say what it does"),
]

# Written so that this file does not match itself.
TEXT_BANS = [
    (r"\b(TO[D]O|FIX[M]E|X[X]X|W[I]P)\b", "finish it, or leave it out"),
    (r"(?<![\w./}-])/(home|Users|root|work|workspace)/", "a path of one machine: make it relative"),
    (r"(?i)\bas (requested|instructed|discussed)\b|\bthe (brief|reviewer|assistant)\b",
     "text speaks of the program, not of how it came to be: say what holds"),
]

PROGRAMS = ("sim/main.cc", "check/main.cc")
FILE_LINES, FUNCTION_LINES, PARAMETERS, COLUMNS = 500, 70, 5, 100
CLANG_FORMAT = 14  # Debian 12's; other versions lay out differently.
LAYOUT_BY_HAND = "codec/wire.h"  # clang-format 14 does not know concepts.
CODE, PROGRAM = (".cc", ".h"), (".cc", ".h", ".cmake", ".py", ".sh")
TEXT = {*PROGRAM, "", ".css", ".html", ".in", ".js", ".json", ".md", ".txt", ".yaml"}
SKIPPED = {"build", "lab"}  # What building and trying leave behind.

breaches = set()


def breach(path, line, message):
    breaches.add((path, line, message))


def among(path, globs):
    return any(fnmatch.fnmatch(path, each) for each in globs.split())


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def code_only(text):
    """The text with comments and literals blanked, line for line."""
    parts = (r"^#include[^\n]*", r'R"(\w*)\(.*?\)\1"', r"//[^\n]*", r"/\*.*?\*/",
             r'"(?:\\.|[^"\\\n])*"', r"(?<![0-9A-Za-z])'(?:\\.|[^'\\\n])+'")
    return re.sub("|".join(parts), lambda m: re.sub(r"[^\n]", " ", m[0]), text, flags=re.S | re.M)


def includes_of(text):
    for match in re.finditer(r'^#include (["<])([^">]+)[">]', text, re.M):
        yield line_of(text, match.start()), match[1] == '"', match[2]


def read_targets(root):
    """Every hactl_(library|program|test) call: kind, name, cmake file, line, lists by keyword."""
    for path in sorted(root.glob("*/*.cmake")):
        text = re.sub(r"#[^\n]*", "", path.read_text())
        loop = re.compile(r"foreach\((\w+)\s+([^)]*)\)(.*?)endforeach\(\)", re.S)
        expanded = loop.sub(lambda m: "".join(m[3].replace("${%s}" % m[1], each)
                                              for each in m[2].split()), text)
        for call in re.finditer(r"\bhactl_(library|program|test)\(([^)]*)\)", expanded):
            name, *words = call[2].replace("${PROJECT_BINARY_DIR}/", "").split()
            lists, current = {"DEPENDS": [], "PACKAGES": [], "SOURCES": []}, None
            for word in words:
                if re.fullmatch("[A-Z]+", word):
                    current = lists.setdefault(word, [])
                else:
                    current.append(word.removesuffix("_mutants"))  # The same sources.
            line = line_of(text, text.find(call[0])) if call[0] in text else 1
            yield call[1], name, str(path.relative_to(root)), line, lists


def check_arrows(root, texts):
    """ARROWS bounds every DEPENDS; DEPENDS and PACKAGES bound every #include that is reached."""
    targets = list(read_targets(root))
    libraries = {name: lists for kind, name, _, _, lists in targets if kind == "library"}
    owners = {source.rsplit(".", 1)[0]: name for name, lists in libraries.items()
              for source in lists["SOURCES"]}

    def closure(names):
        known = set(names) & set(libraries)
        return known.union(*(closure(libraries[name]["DEPENDS"]) for name in known))

    for kind, name, cmake, line, lists in targets:
        allowed = ARROWS.get(name, "").split() if kind == "library" else ARROWS
        for other in set(lists["DEPENDS"]).difference(allowed):
            breach(cmake, line, f"{kind} {name} DEPENDS on {other}: no arrow allows it (ARROWS)")
        visible = closure(lists["DEPENDS"] + ([name] if kind == "library" else []))
        near = [source for each in visible for source in libraries[each]["SOURCES"]]
        folders = {source.split("/")[0] for source in near + lists["SOURCES"]}
        packages = {"GTest::gtest"}.union(
            lists["PACKAGES"], *(libraries[each]["PACKAGES"] for each in visible))
        reached, waiting = set(), list(lists["SOURCES"])
        while waiting:
            path = waiting.pop()
            if path in reached or path not in texts:
                continue
            reached.add(path)
            for at, quoted, header in includes_of(texts[path]):
                stem = header.rsplit(".", 1)[0]
                if not quoted:
                    for pattern, package, _ in DOORS:
                        if re.match(pattern, header) and package not in packages:
                            breach(path, at, f"<{header}> needs {package} in PACKAGES of {name}")
                elif header not in texts:
                    breach(path, at, f'"{header}" is not there: include it as "folder/file.h"')
                elif owners[stem] in visible if stem in owners else header.split("/")[0] in folders:
                    waiting.append(header)
                else:
                    breach(path, at, f'"{header}" is beyond what {kind} {name} may see: go by the '
                                     f"arrows, or let it DEPEND on that library in {cmake}")
    listed = {source for *_, lists in targets for source in lists["SOURCES"]}
    for path in texts:
        if path.endswith(".cc") and path not in listed:
            breach(path, 1, "no .cmake file lists it: add it to SOURCES, or remove it")


def check_functions(path, code):
    """A function: a block, laid out as by clang-format, that a parameter list heads."""
    lines = code.split("\n")
    for end, line in enumerate(lines):
        if not re.fullmatch(r"(  ){0,2}\}\s*", line):
            continue
        outside = re.compile(r" {0,%d}[^\s]" % (len(line.rstrip()) - 1))
        start = next((at for at in range(end - 1, -1, -1) if outside.match(lines[at])), 0)
        while start > 0 and re.search(r"[^;{}:\s]\s*$", lines[start - 1]):
            start -= 1
        head = "\n".join(lines[start:end]).lstrip()
        if not re.match(r"(?!(namespace|class|struct|enum|union|if|for|while|switch|do)\b|\})"
                        r"[^({;=]*\([^;]*?\{", head):
            continue
        if end - start >= FUNCTION_LINES:
            breach(path, start + 1,
                   f"function of {end - start + 1} lines, at most {FUNCTION_LINES}: split it")
        inside = head[head.index("(") + 1:]
        while re.search(r"<[^<>()]*>|\([^()]*\)", inside.split("{")[0]):
            inside = re.sub(r"<[^<>()]*>|\([^()]*\)", " _", inside, count=1)
        named = [each for each in inside.split(")")[0].split(",")
                 if re.search(r"[\w&*]\s+\w+\s*(=.*)?$", each)]  # A callback's others are not ours.
        if len(named) > PARAMETERS:
            breach(path, start + 1,
                   f"{len(named)} parameters, at most {PARAMETERS}: pass a struct with names")
        if sum(bool(re.match(r"\s*bool \w", each)) for each in named) > 1:
            breach(path, start + 1, "two bools in one call say nothing: pass enums or a struct")


def check_code(path, text):
    code = code_only(text)
    for at, quoted, header in includes_of(text):
        door = next((each for each in DOORS if not quoted and re.match(each[0], header)), None)
        if door and not among(path, door[2] + " tests/*"):
            breach(path, at, f"<{header}> is not for this file: go through its door (see DOORS)")
        elif not quoted and not door and not re.fullmatch(SYSTEM, header):
            breach(path, at, f"<{header}> is of no known library: give it a door in DOORS")
        elif (not quoted and not door and header not in PURE_HEADERS and path not in PROGRAMS
              and among(path, REPLAYED) and (path, header) not in PURE_EXCEPTIONS):
            breach(path, at, f"<{header}> is not for a pure room: move the act to a shell")
    for where, but, pattern, why in BANS:
        if among(path, where) and not among(path, but):
            for match in re.finditer(pattern, code):
                breach(path, line_of(code, match.start()), f"'{match[0]}': {why}")
    if path.endswith(".h") and not (text.startswith("//") and "\n#pragma once\n" in text):
        breach(path, 1, "a header starts with a comment that says what it is, then #pragma once")
    check_functions(path, code)


def check_text(path, text):
    lines = text.splitlines()
    if path.endswith(PROGRAM) and len(lines) > FILE_LINES:
        breach(path, FILE_LINES + 1, f"{len(lines)} lines, at most {FILE_LINES}: split the file")
    for at, line in enumerate(lines, 1):
        if path.endswith((*CODE, ".cmake")) and len(line) > COLUMNS:
            breach(path, at, f"{len(line)} columns, at most {COLUMNS}: break the line")
        for pattern, why in TEXT_BANS:
            for match in re.finditer(pattern, line):
                breach(path, at, f"'{match[0]}': {why}")


def check_layout(root, paths):
    """clang-format, where the version is installed that the code is laid out by."""
    program = shutil.which(f"clang-format-{CLANG_FORMAT}")
    if not program:
        print(f"tidy: clang-format-{CLANG_FORMAT} is not installed: layout is not checked")
        return
    run = subprocess.run([program, "--dry-run", *paths], cwd=root, capture_output=True, text=True)
    found = re.findall(r"(?m)^(\S+?):(\d+):\d+: warning", run.stderr)
    for path, at in dict(reversed(found)).items():  # The first of each file.
        breach(path, int(at), f"not as .clang-format says: clang-format-{CLANG_FORMAT} -i {path}")


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else __file__).resolve()
    root = root if root.is_dir() else root.parent.parent
    folders = [each for each in root.iterdir() if each.name[0] != "." and each.name not in SKIPPED]
    files = [each for folder in folders for each in [folder, *folder.rglob("*")]
             if each.is_file() and each.suffix in TEXT]
    texts = {str(each.relative_to(root)): each.read_text(errors="replace") for each in sorted(files)}
    code = [path for path in texts if path.endswith(CODE)]
    for path, text in texts.items():
        check_text(path, text)
    for path in code:
        check_code(path, texts[path])
    check_arrows(root, texts)
    check_layout(root, [path for path in code if path not in LAYOUT_BY_HAND.split()])
    for path, line, message in sorted(breaches):
        print(f"{path}:{line}: {message}")
    print(f"tidy: {len(texts)} files, {len(breaches)} breaches")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
