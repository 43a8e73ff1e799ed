/*
 * Classes fitted to workloads/traces/webpack-build.csv: of all tables of so many classes those that hand out the fewest
 * bytes beyond what its calls ask for (stats/fit.h; tests/subject/fitted_test.c computes them again). Not to
 * npm-install.csv, whose calls ask for four sizes: from four classes on no table wastes a byte on them.
 *
 * What is above the last class is no class's: it gets exactly what it asks for, and put drops it.
 */
#ifndef ENCBUF_CLASSES_FITTED_H
#define ENCBUF_CLASSES_FITTED_H

#define ENCBUF_FITTED4 4908, 14492, 29656, 7439964
#define ENCBUF_FITTED8 1964, 8136, 11704, 14492, 21464, 25196, 29656, 7439964
#define ENCBUF_FITTED16                                                                                                \
    1964, 4908, 8136, 9936, 11704, 12844, 14492, 16556, 18448, 20264, 21464, 23496, 25196, 28288, 29656, 7439964

#endif
