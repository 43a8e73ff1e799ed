# Per-process values of two contrasts on one workload as sorted curves (empirical distributions), straight from contrasts.csv.
# figures.py runs it inside the run directory and sets: source, output, kind (png, svg), workload, and for the two
# contrasts name_a, name_b, colour_a, colour_b, title_a, title_b. It has checked that the rows exist: gnuplot would exit 0 without.

# On a terminal: kind is text, and columns and rows are set in place of output.
if (kind eq "text") {
    set terminal dumb size int(columns), int(rows) nofeed noenhanced
} else {
    if (kind eq "png") {
        set terminal pngcairo size 1280,720 font "DejaVu Sans,17" linewidth 2 noenhanced
    } else {
        set terminal svg size 640,360 font "DejaVu Sans,11" linewidth 1 noenhanced
    }
    set output output
}
set datafile separator ","
# Rows of other contrasts evaluate to NaN: as missing they are skipped, as undefined they would cut the curve into pieces.
set datafile missing NaN

set border 3 linecolor rgb "#222222"
set tics nomirror
if (kind ne "text") { set grid ytics linecolor rgb "#DDDDDD" }
set key tmargin left vertical maxrows 2 Left reverse samplen 2
# With a unit they run together on a narrow terminal.
set format x (kind eq "text" ? "%g" : "%g %%")
set xlabel "effect in one process, contender - baseline" . (kind eq "text" ? ", percent" : "")
set ylabel "share of processes at or below"
set yrange [0:1.02]
set ytics 0.25
set arrow from first 0, graph 0 to first 0, graph 1 nohead linecolor rgb "#777777" dashtype 2
set offsets graph 0.04, graph 0.04, 0, 0

percent_of(name) = (stringcolumn("workload") eq workload && stringcolumn("contrast") eq name) ? 100 * (exp(column("log_ratio")) - 1) : NaN
plot source using (percent_of(name_a)):(1) smooth cnormal with steps linewidth 1.6 linecolor rgb colour_a title title_a, \
     source using (percent_of(name_b)):(1) smooth cnormal with steps linewidth 1.6 linecolor rgb colour_b title title_b
