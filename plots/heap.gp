# Memory over many operations, straight from heap.csv: above, live bytes; below, mapped bytes; each beyond what there was before the
# first op. figures.py runs it inside the run directory and sets: source, output, kind (png, svg), workload, variants, colours,
# dashes and titles (as many words each, a title in quotes: the variant stands for those that behave alike), leak (the variant of the planted leaks),
# leak_bytes, leak_mapping, leak_none (its workloads) and their colours colour_bytes, colour_mapping, colour_none. It has checked that the rows exist: gnuplot would exit 0 without.

# On a terminal: kind is text, and columns and rows are set in place of output.
if (kind eq "text") {
    set terminal dumb size int(columns), int(rows) nofeed noenhanced
} else {
    if (kind eq "png") {
        set terminal pngcairo size 1280,1160 font "DejaVu Sans,17" linewidth 2 noenhanced
    } else {
        set terminal svg size 640,580 font "DejaVu Sans,11" linewidth 1 noenhanced
    }
    set output output
}
set datafile separator ","
# Rows of other series evaluate to NaN: as missing they are skipped, as undefined they would cut the curve into pieces.
set datafile missing NaN

set border 3 linecolor rgb "#222222"
set tics nomirror
if (kind ne "text") { set grid ytics back linetype 1 linecolor rgb "#DDDDDD" }
set autoscale noextend
set logscale x
set xrange [100:1000000]
set format x "%.0s%c"
set offsets 0, 0, graph 0.06, graph 0.03
# Above the curves: beside them titles of this length would leave no room.
key_rows = kind eq "text" ? words(variants) + 3 : (words(variants) + 4) / 2
set key tmargin left vertical maxrows key_rows Left reverse samplen 2 spacing 0.95
key_font = kind eq "png" ? "DejaVu Sans,16" : "DejaVu Sans,10"
set key font key_font

# Rows of a series stand in order of operations; the first is from before the first op.
base = 0
is_of(v, w) = stringcolumn("variant") eq v && stringcolumn("workload") eq w
beyond(c) = (base = column("iterations") < 0 ? column(c) : base, column("iterations") > 0 ? column(c) - base : NaN)
ops(v, w) = is_of(v, w) && column("iterations") > 0 ? column("iterations") : NaN
# Those that lie on one another: the later inside the earlier.
width(i) = 1.4 + 0.8 * (words(variants) - i)

set multiplot
set size 1, 0.56
set origin 0, 0.44
set lmargin 9
set rmargin 3
set ylabel "live KiB"
plot for [i = 1:words(variants)] source using (ops(word(variants, i), workload)):(is_of(word(variants, i), workload) ? beyond("live_bytes") / 1024 : NaN) \
         with lines linewidth width(i) dashtype int(word(dashes, i)) linecolor rgb word(colours, i) title word(titles, i), \
     source using (ops(leak, leak_none)):(is_of(leak, leak_none) ? beyond("live_bytes") / 1024 : NaN) \
         with points pointtype 2 pointsize 1.8 linewidth 1.5 linecolor rgb colour_none title "planted: no leak", \
     source using (ops(leak, leak_mapping)):(is_of(leak, leak_mapping) ? beyond("live_bytes") / 1024 : NaN) \
         with points pointtype 8 pointsize 1.6 linecolor rgb colour_mapping title "planted: mappings", \
     source using (ops(leak, leak_bytes)):(is_of(leak, leak_bytes) ? beyond("live_bytes") / 1024 : NaN) \
         with linespoints pointtype 6 pointsize 1.2 linewidth 2 linecolor rgb colour_bytes title "planted: bytes"
set size 1, 0.44
set origin 0, 0
set ylabel "mapped KiB"
set xlabel "operations"
unset key
plot for [i = 1:words(variants)] source using (ops(word(variants, i), workload)):(is_of(word(variants, i), workload) ? beyond("mapped_bytes") / 1024 : NaN) \
         with lines linewidth width(i) dashtype int(word(dashes, i)) linecolor rgb word(colours, i) notitle, \
     source using (ops(leak, leak_none)):(is_of(leak, leak_none) ? beyond("mapped_bytes") / 1024 : NaN) \
         with points pointtype 2 pointsize 1.8 linewidth 1.5 linecolor rgb colour_none notitle, \
     source using (ops(leak, leak_bytes)):(is_of(leak, leak_bytes) ? beyond("mapped_bytes") / 1024 : NaN) \
         with points pointtype 6 pointsize 1.2 linecolor rgb colour_bytes notitle, \
     source using (ops(leak, leak_mapping)):(is_of(leak, leak_mapping) ? beyond("mapped_bytes") / 1024 : NaN) \
         with linespoints pointtype 8 pointsize 1.6 linewidth 2 linecolor rgb colour_mapping notitle
unset multiplot
