#!/bin/sh
# Makes what camfleet-sim shows and sounds like, into the folder given: make-clips.sh DIR
#
#   main.h264       1280x720, about 1 Mbit/s     sub.h264        352x288, about 250 kbit/s
#   h265-main.h265  the same in H.265            h265-sub.h265
#   views-main.h264 where a dome looks           views-sub.h264
#   NAME-N.jpg      the first picture of each GOP of those, N from 0
#   sound.ulaw, sound.alaw, sound.aac            one channel, a tone each second
#
# Video is Annex B, 25 frames/s, with parameter sets before each key frame, no B frames, no SEI. H.264 Main, a key frame
# each 50 frames, 500 frames: an even number of GOPs, so that the clip follows itself, for idr_pic_id alternates over the
# seam too. H.265 Main, the same, 200 frames. Views: 20 GOPs of 25 frames.
#
# Each picture carries its frame number three times: as text, as a clock, and for programs as ten squares at the
# top left, white for 1, the highest bit first (docs/simulator.md). Views count from 500.
set -eu

dir=${1:?usage: make-clips.sh DIR}
font=${CLIP_FONT:-/usr/share/fonts/truetype/dejavu/DejaVuSansMono-Bold.ttf}
command -v ffmpeg >/dev/null || { echo "make-clips.sh: ffmpeg is missing (Debian: ffmpeg)" >&2; exit 1; }
[ -r "$font" ] || { echo "make-clips.sh: $font is missing (Debian: fonts-dejavu-core)" >&2; exit 1; }
mkdir -p "$dir"

h264="-c:v libx264 -preset fast -profile:v main -bsf:v filter_units=remove_types=6 -f h264"
h265="-c:v libx265 -preset ultrafast -profile:v main -bsf:v filter_units=remove_types=39-40 -f hevc"

quiet() { ffmpeg -nostdin -loglevel error -y "$@"; }

# bits SQUARE FIRST: the frame number, counted from FIRST, as ten squares of that many pixels.
bits() {
  printf 'drawbox=x=0:y=0:w=%d:h=%d:color=black:t=fill' $(($1 * 10)) "$1"
  bit=9
  while [ "$bit" -ge 0 ]; do
    printf ",drawbox=x=%d:y=0:w=%d:h=%d:color=white:t=fill:enable='gt(bitand(n+%d,%d),0)'" \
      $(((9 - bit) * $1)) "$1" "$1" "$2" $((1 << bit))
    bit=$((bit - 1))
  done
}

# pictures NAME.CODEC GOP: the first picture of each GOP.
pictures() {
  quiet -framerate 25 -i "$dir/$1.new" -vf "select='not(mod(n,$2))'" -vsync 0 -q:v 6 -start_number 0 "$dir/${1%.*}-%d.jpg"
  mv "$dir/$1.new" "$dir/$1"  # last, so that a clip that is there is whole
}

text="drawtext=fontfile=$font:fontcolor=white:box=1:boxcolor=black@0.6:boxborderw=4"

# clip NAME.CODEC SIZE KBIT SQUARE TEXT NOISE FRAMES
clip() {
  case $1 in *.h265)
    coder="$h265 -x265-params keyint=50:min-keyint=50:scenecut=0:open-gop=0:bframes=0:repeat-headers=1:aud=0:info=0:log-level=error:vbv-maxrate=$3:vbv-bufsize=$3" ;;
  *) coder="$h264 -bf 0 -g 50 -maxrate ${3}k -bufsize ${3}k -x264-params keyint=50:min-keyint=50:scenecut=0:repeat-headers=1:aud=0:rc-lookahead=25" ;;
  esac
  # shellcheck disable=SC2086  # options, to be split
  quiet -f lavfi -i "testsrc2=size=$2:rate=25" -frames:v "$7" -vf "\
noise=all_seed=1:all_strength=$6:all_flags=t,\
$text:fontsize=$5:x=w/2-tw/2:y=h/2-th*2:text='${1%.*} %{eif\:n\:d\:3}',\
$text:fontsize=$5:x=w/2-tw/2:y=h/2:text='%{pts\:hms}',$(bits "$4" 0)" \
    -pix_fmt yuv420p -b:v "$3k" $coder "$dir/$1.new"
  pictures "$1" 50
}

# views NAME SIZE KBIT SQUARE TEXT: 8 directions level, 8 looking down, 4 closer. Each has a colour of its own.
views() {
  # shellcheck disable=SC2086
  quiet -f lavfi -i "testsrc2=size=$2:rate=25" -frames:v 500 -vf "\
hue='h=floor(n/25)*47',\
$text:fontsize=$5:x=w/2-tw/2:y=h/2-th*2:text='%{eif\:floor(n/25)*45-(gte(n,200)*360)-(gte(n,400)*360)+(gte(n,400)*(floor(n/25)-16)*45)\:d\:3} deg':enable='gte(n,0)',\
$text:fontsize=$5:x=w/2-tw/2:y=h/2:text='level':enable='lt(n,200)',\
$text:fontsize=$5:x=w/2-tw/2:y=h/2:text='down':enable='between(n,200,399)',\
$text:fontsize=$5:x=w/2-tw/2:y=h/2:text='closer':enable='gte(n,400)',$(bits "$4" 500)" \
    -pix_fmt yuv420p -b:v "$3k" $h264 -bf 0 -g 25 -maxrate "$3k" -bufsize "$3k" \
    -x264-params keyint=25:min-keyint=25:scenecut=0:repeat-headers=1:aud=0:rc-lookahead=25 "$dir/$1.h264.new"
  pictures "$1.h264" 25
}

# sound FILE RATE SECONDS OPTIONS...
sound() {
  out=$1 rate=$2 seconds=$3
  shift 3
  quiet -f lavfi -i "aevalsrc='0.3*sin(2*PI*(440+110*mod(floor(t)\,5))*t)*lt(mod(t\,1)\,0.5)':s=$rate:d=$seconds" -ac 1 "$@" "$dir/$out.new"
  mv "$dir/$out.new" "$dir/$out"
}

sound sound.ulaw 8000 20 -c:a pcm_mulaw -f mulaw
sound sound.alaw 8000 20 -c:a pcm_alaw -f alaw
sound sound.aac 16000 20.48 -c:a aac -b:a 32k -f adts
views views-sub 352x288 250 16 20
views views-main 1280x720 1000 32 44
clip h265-sub.h265 352x288 250 16 20 4 200
clip h265-main.h265 1280x720 1000 32 44 4 200
clip sub.h264 352x288 250 16 20 4 500
clip main.h264 1280x720 1000 32 44 4 500
