#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Lists the files with words in them (po/POTFILES), takes the words out (po/limn.pot) and merges them
# into the languages of po/LINGUAS. With --check it changes nothing and fails when POTFILES is out of
# date.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

list() {
  {
    printf '%s\n' data/org.limn.Limn.desktop.in data/org.limn.Limn.gschema.xml \
      data/org.limn.Limn.metainfo.xml.in
    grep -rlE '(^|[^A-Za-z_])(_|N_|C_|ngettext) \(' app ui --include='*.[ch]'
    grep -rl 'translatable="yes"' ui --include='*.ui'
  } | LC_ALL=C sort
}

if [ "${1:-}" = --check ]; then
  diff <(list) po/POTFILES
  exit
fi
list >po/POTFILES
xgettext --package-name=limn --from-code=UTF-8 --add-comments=Translators --keyword=_ --keyword=N_ \
  --keyword=C_:1c,2 --keyword=ngettext:1,2 --files-from=po/POTFILES --output=po/limn.pot
while read -r language; do
  msgmerge --quiet --update --backup=none "po/$language.po" po/limn.pot
  msgfmt --check --statistics --output=/dev/null "po/$language.po"
done <po/LINGUAS
