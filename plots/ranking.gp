# Effects on one workload, one below the other, with their intervals, straight from effects.csv; for a terminal only. terminal.py runs it
# inside the run directory and sets: source, columns, rows, workload, contrasts (words), turned (as many: 1 where
# the contrast runs the other way), labels (as many, with the width of the longest, label_columns), and xlabel_text. An interval that is
# unbounded is left out, the estimate stays.

set terminal dumb size int(columns), int(rows) nofeed noenhanced
set datafile separator ","
set datafile missing NaN

set border 3
set tics nomirror scale 0
set errorbars small
set format x "%g" # with a unit they run together on a narrow terminal
set xlabel xlabel_text
set lmargin int(label_columns) + 2
set rmargin 2
# A row of characters for each: another height, and two labels fall on one row.
set tmargin 0
set bmargin 3
set yrange [words(contrasts) + 1:0]
set ytics ()
do for [i = 1:words(contrasts)] { set ytics add (value(sprintf("label_%d", i)) i) }
set offsets graph 0.03, graph 0.03, 0, 0
set arrow from first 0, graph 0 to first 0, graph 1 nohead
unset key

is_row(i) = stringcolumn("contrast") eq word(contrasts, i) && stringcolumn("workload") eq workload && stringcolumn("scale") eq "relative"
# A contrast that runs the other way, turned: its ratio upside down.
toward(x, i) = int(word(turned, i)) ? 100 * (1 / (1 + x / 100) - 1) : x
bounded(i) = abs(column("ci_low")) < 1e15 && abs(column("ci_high")) < 1e15
end_of(i, c) = toward(column(bounded(i) ? c : "estimate"), i)
plot for [i = 1:words(contrasts)] source using (is_row(i) ? toward(column("estimate"), i) : NaN):(i):(end_of(i, "ci_low")):(end_of(i, "ci_high")) \
     with xerrorbars pointtype "o" notitle
