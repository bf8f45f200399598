#!/bin/sh
# Makes the clips that camfleet-sim shows, into the folder given: make-clips.sh DIR
#
#   main.h264  1280x720, about 1 Mbit/s     sub.h264  352x288, about 250 kbit/s
#   main-N.jpg, sub-N.jpg                   the first picture of each GOP, N from 0
#
# H.264 Main, Annex B, 25 frames/s, a key frame each 50 frames with SPS and PPS before it, no B frames, no SEI, 500
# frames. The length is an even number of GOPs, so that the clip follows itself: idr_pic_id alternates over the seam too.
#
# Each picture carries its frame number three times: as text, as a clock, and for programs as ten squares at the
# top left, white for 1, the highest bit first (docs/simulator.md).
set -eu

dir=${1:?usage: make-clips.sh DIR}
font=${CLIP_FONT:-/usr/share/fonts/truetype/dejavu/DejaVuSansMono-Bold.ttf}
command -v ffmpeg >/dev/null || { echo "make-clips.sh: ffmpeg is missing (Debian: ffmpeg)" >&2; exit 1; }
[ -r "$font" ] || { echo "make-clips.sh: $font is missing (Debian: fonts-dejavu-core)" >&2; exit 1; }
mkdir -p "$dir"

# bits SQUARE: the frame number as ten squares of that many pixels.
bits() {
  printf 'drawbox=x=0:y=0:w=%d:h=%d:color=black:t=fill' $(($1 * 10)) "$1"
  bit=9
  while [ "$bit" -ge 0 ]; do
    printf ",drawbox=x=%d:y=0:w=%d:h=%d:color=white:t=fill:enable='gt(bitand(n,%d),0)'" \
      $(((9 - bit) * $1)) "$1" "$1" $((1 << bit))
    bit=$((bit - 1))
  done
}

# clip NAME SIZE KBIT SQUARE TEXT NOISE
clip() {
  text="drawtext=fontfile=$font:fontsize=$5:fontcolor=white:box=1:boxcolor=black@0.6:boxborderw=4"
  ffmpeg -nostdin -loglevel error -y -f lavfi -i "testsrc2=size=$2:rate=25" -frames:v 500 -vf "\
noise=all_seed=1:all_strength=$6:all_flags=t,\
$text:x=w/2-tw/2:y=h/2-th*2:text='$1 %{eif\:n\:d\:3}',\
$text:x=w/2-tw/2:y=h/2:text='%{pts\:hms}',$(bits "$4")" \
    -pix_fmt yuv420p -c:v libx264 -preset fast -profile:v main -bf 0 -g 50 \
    -b:v "$3k" -maxrate "$3k" -bufsize "$3k" \
    -x264-params keyint=50:min-keyint=50:scenecut=0:repeat-headers=1:aud=0:rc-lookahead=25 \
    -bsf:v filter_units=remove_types=6 -f h264 "$dir/$1.h264.new"
  ffmpeg -nostdin -loglevel error -y -framerate 25 -i "$dir/$1.h264.new" -vf "select='not(mod(n,50))'" -vsync 0 \
    -q:v 6 -start_number 0 "$dir/$1-%d.jpg"
  mv "$dir/$1.h264.new" "$dir/$1.h264"  # last, so that a clip that is there is whole
}

clip main 1280x720 1000 32 44 4
clip sub 352x288 250 16 20 4
