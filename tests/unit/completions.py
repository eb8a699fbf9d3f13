#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds the shells' completions and the command line together: completions.py ROOT SALLYPORT.

Every command, option and listed value that `sallyport --help` knows is offered by both completions, and nothing else. That of
bash is asked as bash asks it; that of zsh, which need not be installed, is read.
"""
import pathlib
import re
import subprocess
import sys

# As CLI11 prints an option: "  -o,--columns COLUMN,...:{id,user} ..."
OPTION = re.compile(r"^ +(?:-\w,)?(--[a-z-]+)(?:\{false\})?(?: (.*))?$")
VALUES = re.compile(r":\{([a-z0-9_,]+)\}")

# What bash would call the function with. sallyport itself tells nothing, as without a daemon.
ASK_BASH = """
sallyport() { :; }
source "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_sallyport
printf '%s\\n' "${COMPREPLY[@]}"
"""


class Help:
    """What `sallyport COMMAND --help` says."""

    def __init__(self, sallyport: str, *command: str) -> None:
        said = subprocess.run(
            [sallyport, *command, "--help"], check=True, capture_output=True, text=True
        ).stdout
        self.options: set[str] = set()
        self.with_value: set[str] = set()
        self.values: dict[str, set[str]] = {}  # of options and, by "", of what is no option
        self.commands: list[str] = []
        section = ""
        for line in said.splitlines():
            if line.strip().endswith("s:"):
                section = line.strip()
            elif section == "Subcommands:" and (found := re.match(r"  ([a-z-]+)  ", line)):
                self.commands.append(found[1])
            elif section == "Options:" and (found := OPTION.match(line)):
                self._take(found[1], (found[2] or "").split("  ")[0])
            elif section == "Positionals:" and (listed := VALUES.search(line)):
                self.values[""] = set(listed[1].split(","))

    def _take(self, name: str, value: str) -> None:
        """`value`: what follows one blank; what follows more is the help."""
        self.options.add(name)
        if value and not value.startswith("Excludes:"):
            self.with_value.add(name)
        if listed := VALUES.search(value):
            self.values[name] = set(listed[1].split(","))


class Bash:
    def __init__(self, path: pathlib.Path) -> None:
        self.path = path

    def offers(self, *words: str) -> set[str]:
        """For the last of `words` after "sallyport"."""
        return set(
            subprocess.run(
                ["bash", "-c", ASK_BASH, "bash", str(self.path), "sallyport", *words],
                check=True,
                capture_output=True,
                text=True,
            ).stdout.split()
        )

    def commands(self, *above: str) -> set[str]:
        return {word for word in self.offers(*above, "") if not word.startswith("-")}

    def options(self, *command: str) -> set[str]:
        return self.offers(*command, "-")

    def values(self, command: tuple[str, ...], option: str) -> set[str]:
        return self.offers(*command, *([option] if option else []), "")


class Zsh:
    def __init__(self, path: pathlib.Path) -> None:
        self.text = path.read_text()
        self.columns = set(re.search(r"local columns='([^']*)'", self.text)[1].split())

    def _arm(self, command: tuple[str, ...]) -> str:
        """What stands behind "COMMAND)", the lists that it names written out."""
        # Below config the state has a name of its own.
        label = f"configuration:{command[1]}" if len(command) > 1 else "".join(command)
        if not command:
            arm = re.search(r"_arguments -C \$globals .*", self.text)[0]
        elif found := re.search(rf"^ +{label}\) (.*?);;$", self.text, re.DOTALL | re.MULTILINE):
            arm = found[1]
        elif found := re.search(rf"^ +{label}\)\n(.*?)case ", self.text, re.DOTALL | re.MULTILINE):
            arm = found[1]
        else:
            arm = re.search(r"^ +\*\) (_arguments \$globals .*?);;$", self.text, re.MULTILINE)[1]
        for name in ("globals", "filters"):
            written = re.search(rf"local -a {name}=\((.*?)'\)", self.text, re.DOTALL)[1]
            arm = arm.replace(f"${name}", written)
        return arm

    def commands(self, *above: str) -> set[str]:
        if above:
            return set(re.search(r":what:\(([^)]*)\)", self._arm(above))[1].split())
        listed = re.search(r"local -a commands=\((.*?)'\)", self.text, re.DOTALL)[1]
        return set(re.findall(r"'([a-z-]+):", listed))

    def options(self, *command: str) -> set[str]:
        return set(re.findall(r"['\"{,](--[a-z-]+)(?=[\[:'\"}])", self._arm(command)))

    def values(self, command: tuple[str, ...], option: str) -> set[str]:
        """The list in the option's word, or in the first that is no option's."""
        place = re.escape(option) + r"[}'\"\[]" if option else r"'1:"
        listed = r"(\$columns|:\(([^)$]*)\)|_values -s , \w+ ([a-z_ ]+)')"
        word = re.search(rf"{place}[^\n]*?{listed}", self._arm(command))
        if not word:
            return set()
        return self.columns if word[1] == "$columns" else set((word[2] or word[3]).split())


def main(root: pathlib.Path, sallyport: str) -> int:
    folder = root / "packaging/completions"
    whole = Help(sallyport)
    # Options of all commands may stand behind each of them; the version is of none.
    common = whole.options - {"--version"}
    helps: dict[tuple[str, ...], Help] = {(): whole}
    for name in whole.commands:
        helps[(name,)] = Help(sallyport, name)
        for inner in helps[(name,)].commands:
            helps[(name, inner)] = Help(sallyport, name, inner)
    wrong: list[str] = []

    def compare(what: str, offered: set[str], known: set[str]) -> None:
        wrong.extend(f"{what} lacks {word}" for word in sorted(known - offered))
        wrong.extend(
            f"{what} offers {word}, which there is not" for word in sorted(offered - known)
        )

    bash = Bash(folder / "sallyport")
    for shell in (bash, Zsh(folder / "_sallyport")):
        for command, known in helps.items():
            name = f"{type(shell).__name__.lower()}: sallyport {' '.join(command)}".rstrip()
            if known.commands:
                compare(name, shell.commands(*command), set(known.commands))
            compare(name, shell.options(*command), known.options | common)
            for option, values in known.values.items():
                compare(f"{name} {option}", shell.values(command, option), values)
    # A value is not taken for the command, whatever it is.
    for option in whole.with_value:
        compare(
            f"bash: sallyport {option} drain", bash.commands(option, "drain"), set(whole.commands)
        )
    for line in wrong:
        print(line)
    return 1 if wrong or len(helps) < 2 else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]), sys.argv[2]))
