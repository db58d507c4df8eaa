# Completion of netc's commands in bash: source <(netc completion bash)

_netc() {
  local line word=${COMP_LINE:0:COMP_POINT} files=
  local -a words
  # COMP_WORDS is split at `:` and `=` too; netc wants what the shell will hand it.
  read -ra words <<<"$word"
  [[ $word == *[[:space:]] ]] && words+=("")
  local current=${words[${#words[@]} - 1]}
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == :files ]]; then
      files=1
    else
      COMPREPLY+=("$line")
    fi
  done < <("${words[0]}" __complete "${words[@]:1}" 2>/dev/null)
  if [[ -n $files ]]; then
    while IFS= read -r line; do
      [[ -d $line ]] && line+=/
      COMPREPLY+=("$line")
    done < <(compgen -f -- "$current")
  fi
  # What stands before the last `:` or `=` is not replaced by bash.
  local i head=${current%"${current##*[:=]}"}
  if [[ -n $head ]]; then
    for i in "${!COMPREPLY[@]}"; do
      COMPREPLY[i]=${COMPREPLY[i]#"$head"}
    done
  fi
  if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[/=] ]]; then
    compopt -o nospace 2>/dev/null
  fi
}

complete -F _netc netc
