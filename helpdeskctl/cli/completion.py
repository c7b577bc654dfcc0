"""`helpdeskctl completion SHELL`: a script that knows the whole tree, so that the Tab key starts no program."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from helpdeskctl.cli.runtime import Run, command, single
from helpdeskctl.resources import resource_path, resource_text

if TYPE_CHECKING:
    from helpdeskctl.cli.tree import Node

app = single()

TABLE = "completion.json"
"""Every command with its words. Shipped, because looking through all commands takes ten times as long as a start."""

# Both functions are plain POSIX shell: $1 is the verb so far ("ticket list"), or the option before the cursor.
POSIX = """\
_helpdeskctl_words() {
  case "$1" in
%(words)s
  esac
}
_helpdeskctl_values() {
  case "$1" in
%(values)s
    *) return 1 ;;
  esac
}
"""

BASH = """\
# helpdeskctl completion bash > /etc/bash_completion.d/helpdeskctl
%(posix)s
_helpdeskctl() {
  local place="" word candidates current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}"
  if candidates="$(_helpdeskctl_values "$previous")"; then
    COMPREPLY=($(compgen -W "$candidates" -- "$current"))
    return
  fi
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [[ $word != -* && " $(_helpdeskctl_words "$place") " == *" $word "* ]] && place="${place:+$place }$word"
  done
  candidates="$(_helpdeskctl_words "$place")"
  if [[ $current != -* ]]; then
    local kept=""
    for word in $candidates; do [[ $word == -* ]] || kept+=" $word"; done
    candidates=$kept
  fi
  COMPREPLY=($(compgen -W "$candidates" -- "$current"))
}
complete -o default -F _helpdeskctl helpdeskctl
"""

ZSH = """\
#compdef helpdeskctl
# helpdeskctl completion zsh > "${fpath[1]}/_helpdeskctl"
%(posix)s
_helpdeskctl() {
  local place="" word candidates
  if candidates="$(_helpdeskctl_values "${words[CURRENT-1]}")"; then
    if [[ -n $candidates ]]; then compadd -- ${=candidates}; else _files; fi
    return
  fi
  for word in ${words[2,CURRENT-1]}; do
    [[ $word != -* && " $(_helpdeskctl_words "$place") " == *" $word "* ]] && place="${place:+$place }$word"
  done
  candidates=(${=$(_helpdeskctl_words "$place")})
  if [[ ${words[CURRENT]} != -* ]]; then candidates=(${candidates:#-*}); fi
  if (( ${#candidates} )); then compadd -- $candidates; else _files; fi
}
if [[ ${funcstack[1]} == _helpdeskctl ]]; then _helpdeskctl "$@"; else compdef _helpdeskctl helpdeskctl; fi
"""

FISH = """\
# helpdeskctl completion fish > ~/.config/fish/completions/helpdeskctl.fish
function __helpdeskctl_words
  switch "$argv[1]"
%(words)s
  end
end
function __helpdeskctl_values
  switch "$argv[1]"
%(values)s
    case '*'
      return 1
  end
end
function __helpdeskctl_complete
  set -l typed (commandline -opc)
  if set -l values (__helpdeskctl_values $typed[-1])
    test -n "$values"; and string split ' ' -- $values; or __fish_complete_path (commandline -ct)
    return
  end
  set -l place ""
  for word in $typed[2..-1]
    if not string match -q -- '-*' $word; and contains -- $word (string split ' ' -- (__helpdeskctl_words "$place"))
      set place (string trim -- "$place $word")
    end
  end
  set -l candidates (string split ' ' -- (__helpdeskctl_words "$place"))
  if not string match -q -- '-*' (commandline -ct)
    set candidates (string match -v -- '-*' $candidates)
  end
  if test -n "$candidates"; string join \\n -- $candidates; else; __fish_complete_path (commandline -ct); end
end
complete -c helpdeskctl -f -a '(__helpdeskctl_complete)'
"""


class Shell(StrEnum):
    """The shells that are served."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


@app.command()
@command()
def completion(run: Run, shell: Annotated[Shell, typer.Argument(help="bash, zsh or fish.")]) -> None:
    """Print the completion script of a shell; write it again after an upgrade.

    Example: helpdeskctl completion bash > /etc/bash_completion.d/helpdeskctl
    """
    run.print(script(shell, json.loads(resource_text(TABLE))).rstrip("\n"))


def script(shell: Shell, table: Mapping[str, Mapping[str, str]]) -> str:
    """The script for a table: `words` that may follow each command, `values` of each option that takes one."""
    words, values = table["words"], table["values"]
    if shell is Shell.FISH:
        return FISH % {
            "words": "\n".join(f"    case '{place}'\n      echo {found}" for place, found in words.items()),
            "values": "\n".join(f"    case '{name}'\n      echo {found}" for name, found in values.items()),
        }
    posix = POSIX % {
        "words": "\n".join(f'    "{place}") echo {found} ;;' for place, found in words.items()),
        "values": "\n".join(f'    {name}) echo "{found}" ;;' for name, found in values.items()),
    }
    return (BASH if shell is Shell.BASH else ZSH) % {"posix": posix}


def table_of(nodes: Iterable[Node]) -> dict[str, dict[str, str]]:
    """What a script needs of a command tree."""
    nodes = list(nodes)
    flags = {name: flag for node in nodes for flag in node.flags if flag.takes_value for name in flag.names}
    return {
        "words": {" ".join(node.path): _words(node) for node in nodes},
        "values": {name: " ".join(flag.choices) for name, flag in flags.items()},
    }


def write_table() -> None:
    """Write the shipped table anew: after a command or option was added or changed (`make completion`)."""
    from helpdeskctl.cli.tree import whole_tree

    text = json.dumps(table_of(whole_tree()), indent=1, ensure_ascii=False)
    resource_path(TABLE).write_text(f"{text}\n", encoding="utf-8")


def _words(node: Node) -> str:
    return " ".join([*node.verbs, *node.choices, *(name for flag in node.flags for name in flag.names)])
