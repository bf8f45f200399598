#!/bin/bash
# deb.sh: build/camfleet_VERSION_ARCH.deb of the release build in build/ (BUILD_DIR and OUT_DIR say otherwise).
set -euo pipefail
cd "$(dirname "$0")/.."
build=${BUILD_DIR:-build}
out=${OUT_DIR:-build}
version=$(cat VERSION)
arch=$(dpkg --print-architecture)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
install -D -m 0755 -s "$build/bin/camfleet" "$root/usr/bin/camfleet"
# Loads the vendor's library, where an operator has one; that is not ours to give.
install -D -m 0755 -s "$build/bin/camfleet-sdkhost" "$root/usr/bin/camfleet-sdkhost"
install -D -m 0644 deploy/systemd/camfleet.service "$root/lib/systemd/system/camfleet.service"
install -D -m 0644 deploy/camfleet.yaml "$root/etc/camfleet/camfleet.yaml"
doc=$root/usr/share/doc/camfleet
install -d "$doc"
install -m 0644 README.md README.zh-CN.md docs/*.md src/api/openapi.yaml "$doc/"
install -m 0644 LICENSE "$doc/copyright"
gzip -9nc CHANGELOG.md >"$doc/changelog.gz"
for shell in bash zsh fish; do
  case $shell in
    bash) to=usr/share/bash-completion/completions/camfleet ;;
    zsh) to=usr/share/zsh/vendor-completions/_camfleet ;;
    fish) to=usr/share/fish/vendor_completions.d/camfleet.fish ;;
  esac
  "$build/bin/camfleet" completion "$shell" >"$work/completion"
  install -D -m 0644 "$work/completion" "$root/$to"
done

# dpkg-shlibdeps wants a source tree's debian/control; all it takes from it is the name.
mkdir "$work/debian"
printf 'Source: camfleet\n\nPackage: camfleet\nArchitecture: any\n' >"$work/debian/control"
# What camfleet loads late (src/media/decode/libav.h) is in no header of the program: a file that is linked with it says it.
read -ra late < <(pkg-config --libs libavcodec libavutil libswscale libswresample)
echo | "${CC:-cc}" -shared -x c - -o "$work/late.so" -Wl,--no-as-needed "${late[@]}"
depends=$(cd "$work" && dpkg-shlibdeps -O --ignore-missing-info root/usr/bin/camfleet root/usr/bin/camfleet-sdkhost late.so 2>/dev/null | sed -n 's/^shlibs:Depends=//p')
[[ -n $depends ]] || { echo "deb.sh: the libraries of camfleet are of no package" >&2; exit 1; }

install -d "$root/DEBIAN"
sed -e "s|@VERSION@|$version|; s|@ARCH@|$arch|; s|@SIZE@|$(du -sk --exclude=DEBIAN "$root" | cut -f1)|; s|@DEPENDS@|$depends|" \
  deploy/deb/control.in >"$root/DEBIAN/control"
install -m 0755 deploy/deb/postinst deploy/deb/prerm deploy/deb/postrm "$root/DEBIAN/"
echo /etc/camfleet/camfleet.yaml >"$root/DEBIAN/conffiles"
(cd "$root" && find usr lib etc -type f -print0 | sort -z | xargs -0 md5sum >DEBIAN/md5sums)

deb=$out/camfleet_${version}_${arch}.deb
dpkg-deb --root-owner-group --build -Zxz "$root" "$deb" >/dev/null
echo "$deb"
