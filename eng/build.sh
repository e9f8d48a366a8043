# Sourced by ./ddoq and ./dev: finding the SDK, and building once however many ask at the same time.
# Expects $root, the folder of the checkout.

program=$root/src/Ddoq.Cli/bin/Release/net10.0/linux-x64/Ddoq.Cli.dll
stamp=$root/artifacts/built # made when a build began that succeeded; its text is the path of dotnet

# Prints the path of a dotnet that has a .NET 10 SDK.
find_sdk() {
  local candidate folder
  for candidate in "${DOTNET_ROOT:+$DOTNET_ROOT/dotnet}" "$(command -v dotnet || true)" "${HOME:+$HOME/.dotnet/dotnet}" /usr/share/dotnet/dotnet /usr/lib/dotnet/dotnet; do
    [[ -n $candidate && -x $candidate ]] || continue
    candidate=$(readlink -f -- "$candidate")
    folder=$(dirname -- "$candidate")/sdk
    if compgen -G "$folder/10.*" >/dev/null; then
      printf '%s\n' "$candidate"
      return
    fi
  done
  cat >&2 <<'TEXT'
ddoq: no .NET 10 SDK found (looked at DOTNET_ROOT, PATH, ~/.dotnet, /usr/share/dotnet, /usr/lib/dotnet).
Install it, then start again:
  - with a package manager:  apt-get install dotnet-sdk-10.0   (where your system or Microsoft's package source offers it)
  - without root:            https://dot.net/v1/dotnet-install.sh --channel 10.0 --install-dir ~/.dotnet
  - otherwise:               https://dotnet.microsoft.com/download/dotnet/10.0
TEXT
  return 1
}

# True where the program was never built, or a source is newer than it. Folders count too: a removed file changes only its folder.
is_stale() {
  [[ -f $program && -f $stamp ]] || return 0
  local dotnet
  read -r dotnet <"$stamp" || true
  [[ -x $dotnet ]] || return 0
  [[ -n $(find "$root/src" "$root/eng" "$root/models" "$root/Directory.Build.props" "$root/Directory.Packages.props" "$root/global.json" \
    \( -name bin -o -name obj \) -prune -o -newer "$stamp" -print -quit) ]]
}

# build WHAT [ARGUMENTS]: quiet; errors go to stderr.
build() {
  local dotnet log status=0
  dotnet=$(find_sdk) || return 1
  log=$root/artifacts/build.log
  # The servers would outlive the build and keep the lock.
  "$dotnet" build "$@" -c Release --nologo -v quiet -nodeReuse:false -p:UseSharedCompilation=false -clp:NoSummary >"$log" 2>&1 </dev/null || status=$?
  if ((status)); then
    grep -E ': (error|warning) ' "$log" | sort -u >&2 || cat "$log" >&2
    echo "ddoq: the build failed; the whole log is in $log" >&2
    return 1
  fi
  rm -f "$log"
}

# with_lock COMMAND...: one build at a time in this checkout.
with_lock() {
  mkdir -p "$root/artifacts"
  (
    flock 9
    "$@" 9>&-
  ) 9>"$root/artifacts/.build-lock"
}

# Notes the time before the build: what changes while it runs is newer.
build_and_stamp() {
  mkdir -p "$root"/src/{Ddoq,Ddoq.Neural,Ddoq.Cli}/{bin,obj}
  find_sdk >"$stamp.new" || return 1
  build "$@" || return 1
  mv -f "$stamp.new" "$stamp"
}
