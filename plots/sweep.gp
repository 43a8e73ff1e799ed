# The op at several input sizes: levels above (log-log), effects relative to the pooled buffer with their intervals below, straight
# from levels.csv and effects.csv. figures.py runs it inside the run directory and sets: levels, effects, output, kind (png, svg), panel,
# against (the pooled variant), sizes (" workload=bytes ..." and a blank at the end), and, one word a curve: variants, colours,
# points, dashes; others (variants compared with the pooled one), contrasts, turned (1 where the contrast runs the other way),
# other_colours, other_points, other_dashes. It has checked that the rows exist: gnuplot would exit 0 without.

# On a terminal: kind is text, and columns and rows are set in place of output.
if (kind eq "text") {
    set terminal dumb size int(columns), int(rows) nofeed noenhanced
} else {
    if (kind eq "png") {
        set terminal pngcairo size 1280,1240 font "DejaVu Sans,17" linewidth 2 noenhanced
    } else {
        set terminal svg size 640,620 font "DejaVu Sans,11" linewidth 1 noenhanced
    }
    set output output
}
set datafile separator ","
set datafile missing NaN

set border 3 linecolor rgb "#222222"
set tics nomirror
set logscale x 2
bytes_text(x) = x >= 1048576 ? sprintf("%g MiB", x / 1048576) : x >= 1024 ? sprintf("%g KiB", x / 1024) : sprintf("%g B", x)
set xtics ()
do for [i = 1:words(sizes)] {
    size = real(word(sizes, i)[strstrt(word(sizes, i), "=") + 1 : *])
    # As many labels as fit; the ticks stay.
    set xtics add ((words(sizes) <= 9 || i % 2 == 1) ? bytes_text(size) : "" size)
}
set offsets graph 0.03, graph 0.03, 0, 0
set lmargin 11
set rmargin 3

place(name) = strstrt(sizes, " " . name . "=")
size_of(name) = place(name) > 0 ? real(sizes[place(name) + strlen(name) + 2 : *]) : NaN

set multiplot layout 2,1
if (kind ne "text") { set grid xtics ytics linecolor rgb "#DDDDDD" }
set key tmargin left maxrows 2 Left reverse samplen 3
set logscale y 10
set format y "%.0s %cs"
set ylabel "time per op"
row(name) = (stringcolumn("panel") eq panel && stringcolumn("variant") eq name \
             && (stringcolumn("role") eq "baseline" || stringcolumn("role") eq "contender")) \
            ? size_of(stringcolumn("workload")) : NaN
# Curves that lie on one another: the later inside the earlier.
inside(i, of) = 0.9 + 0.8 * (of - i)
plot for [i = 1:words(variants)] levels using (row(word(variants, i))):(column("time_ns_per_op") * 1e-9) smooth unique with linespoints \
    linewidth inside(i, words(variants)) dashtype int(word(dashes, i)) linecolor rgb word(colours, i) pointtype int(word(points, i)) \
    pointsize 0.5 + 0.3 * inside(i, words(variants)) \
    title word(variants, i)

unset logscale y
set format y "%g %%"
set xlabel "bytes encoded in one op"
set ylabel "against " . against
set arrow from graph 0, first 0 to graph 1, first 0 nohead linecolor rgb "#222222"
of(name) = (stringcolumn("panel") eq panel && stringcolumn("scale") eq "relative" && stringcolumn("contrast") eq name) \
           ? size_of(stringcolumn("workload")) : NaN
# A contrast that runs the other way, turned: its ratio upside down.
toward(x, is_turned) = is_turned ? 100 * (1 / (1 + x / 100) - 1) : x
plot for [i = 1:words(others)] effects using (of(word(contrasts, i))):(toward(column("estimate"), int(word(turned, i)))) \
         smooth unique with lines linewidth inside(i, words(others)) dashtype int(word(other_dashes, i)) linecolor rgb word(other_colours, i) notitle, \
     for [i = 1:words(others)] effects using (of(word(contrasts, i))):(toward(column("estimate"), int(word(turned, i)))) \
         :(toward(column("ci_low"), int(word(turned, i)))):(toward(column("ci_high"), int(word(turned, i)))) \
         with yerrorbars linewidth 1.4 linecolor rgb word(other_colours, i) pointtype int(word(other_points, i)) \
         pointsize 0.5 + 0.3 * inside(i, words(others)) \
         title word(others, i)
unset multiplot
