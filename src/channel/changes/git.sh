# Prints what changed in the git repositories of the folder $1: in it, or right below it. For each there are three fields,
# which end with a NUL: its path, its untracked files (one a line), and "=" with the diff, or "!" if git failed.
#
# Nothing that a repository configures may run. So git compares with a configuration that is made here and names no
# driver, filter, hook or monitor; of the repository it reads the objects, the index and the files. Only names and the
# hash of HEAD are asked with the repository's own configuration, and the network is closed to that.
#
# Nor may what it holds fill the memory: git reads some of its files whole.
set -u
ulimit -v 1048576
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null GIT_ATTR_NOSYSTEM=1
export GIT_OPTIONAL_LOCKS=0 GIT_NO_LAZY_FETCH=1 GIT_ALLOW_PROTOCOL=none GIT_TERMINAL_PROMPT=0
if ! command -v git >/dev/null; then
  printf 'no git\0'
  exit
fi
own=$(mktemp -d) || exit 1
trap 'rm -rf "$own"' EXIT

ask() {
  git --no-pager --git-dir=.git -c core.fsmonitor=false -c core.hooksPath=/dev/null rev-parse "$@"
}

place() {
  path=$(ask --git-path "$1")
  case $path in
    /*) printf '%s' "$path" ;;
    *) printf '%s' "$PWD/$path" ;;
  esac
}

compare() {
  git --no-pager --git-dir="$own/.git" --work-tree=. -c core.fsmonitor=false -c core.hooksPath=/dev/null \
    -c core.attributesFile=/dev/null -c core.quotePath=false -c core.bigFileThreshold=20m \
    -c core.packedGitWindowSize=64m -c core.packedGitLimit=256m -c core.preloadIndex=false -c index.threads=1 "$@"
}

changes() {
  compare diff --no-ext-diff --no-textconv --no-color --ignore-submodules=all "$@" "$head" -- .
}

prepare() {
  rm -rf "$own/.git"
  format=$(ask --show-object-format) &&
    git init --quiet --template= --object-format="$format" "$own" &&
    mkdir -p "$own/.git/objects/info" &&
    place objects >"$own/.git/objects/info/alternates" || return
  GIT_INDEX_FILE=$(place index)
  export GIT_INDEX_FILE
  exclude=$(place info/exclude)
  [ -f "$exclude" ] || exclude=/dev/null
  # Before the first commit, everything is compared with nothing.
  head=$(ask --verify --quiet HEAD) || head=$(compare hash-object -t tree /dev/null)
}

show() {
  prepare || { printf '\0!' && return; }
  {
    compare ls-files -z --others --directory --exclude-standard --exclude-from="$exclude" ||
      printf '(git could not list them)\0'
  } | head -c 20000 | tr '\n\0' '?\n'
  printf '\0'
  changes --quiet
  case $? in
    0) printf '=' ;;
    1) printf '=' && changes | tr -d '\0' ;;
    *) printf '!' ;;
  esac
}

cd "$1" || exit 1
found=0
for folder in . */; do
  folder=${folder%/}
  if [ -e "$folder/.git" ] && [ ! -L "$folder" ]; then
    printf '%s\0' "$folder"
    # One more is named, which tells that there are more.
    found=$((found + 1))
    [ "$found" -le 20 ] || break
    (cd "$folder" && show) || printf '\0!'
    printf '\0'
  fi
done
