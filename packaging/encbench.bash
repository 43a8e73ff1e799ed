# Completion of encbench for bash: what may come next, the program says itself (`encbench --complete WORD...`).
_encbench()
{
    local line before word=${COMP_WORDS[COMP_CWORD]}
    COMPREPLY=()
    [ "$word" != = ] || word=
    before=${word%"${word##*,}"} # the names of a list that stand already
    word=${word##*,}
    while IFS= read -r line; do
        case $line in
        :files) mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -P "$before" -f -- "$word") && compopt -o filenames ;;
        :directories) mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -P "$before" -d -- "$word") && compopt -o filenames ;;
        :nospace) compopt -o nospace ;;
        :*) ;;
        *) COMPREPLY+=("$line") ;;
        esac
    done < <("${1/#\~/$HOME}" --complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _encbench encbench
