#compdef netc
# Completion of netc's commands in zsh: netc completion zsh > "${fpath[1]}/_netc"

_netc() {
  local line files=
  local -a found open
  for line in ${(f)"$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)"}; do
    case $line in
      :files) files=1 ;;
      *=) open+=("$line") ;;
      *) found+=("$line") ;;
    esac
  done
  (( $#found )) && compadd -a found
  (( $#open )) && compadd -S '' -a open
  [[ -n $files ]] && _files
}

if [[ $funcstack[1] == _netc ]]; then
  _netc "$@"
else
  compdef _netc netc
fi
