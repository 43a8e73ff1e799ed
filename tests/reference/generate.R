# Writes signed_rank_interval_r.csv and shift_r.csv beside samples.csv: what R's own exact test says of the same samples. Run
# generate.py first, then this, both in this directory. Only samples without ties and zeros (R leaves the exact test
# otherwise) and levels that the sample can reach (R then gives the widest interval there is; ours is infinite).
samples <- read.csv("samples.csv", comment.char = "#")
digits <- function(value) formatC(value, digits = 17, format = "g", width = 1)
lines <- c(paste("# generate.R with", R.version.string), "sample,alpha,low,high,attained,hodges_lehmann")
for (name in unique(samples$sample)) {
    x <- samples$value[samples$sample == name]
    n <- length(x)
    if (any(duplicated(abs(x))) || any(x == 0))
        next
    for (alpha in c(0.3, 0.1, 0.05, 0.01)) {
        if (2 * psignrank(0, n) > alpha)
            next
        result <- wilcox.test(x, exact = TRUE, conf.int = TRUE, conf.level = 1 - alpha)
        attained <- 1 - 2 * psignrank(qsignrank(alpha / 2, n) - 1, n)
        lines <- c(lines, paste(name, alpha, digits(result$conf.int[1]), digits(result$conf.int[2]), digits(attained),
                                digits(result$estimate), sep = ","))
    }
}
writeLines(lines, "signed_rank_interval_r.csv")

# Of two samples: the shift of the second against the first.
lines <- c(paste("# generate.R with", R.version.string), "first,second,alpha,shift,low,high")
pairs <- list(c("normal_5", "normal_6"), c("normal_6", "normal_14"), c("normal_14", "laplace_21"), c("depression", "normal_14"),
              c("normal_20", "lognormal_23"), c("contaminated_64", "normal_14"), c("contaminated_64", "laplace_21"))
for (pair in pairs) {
    first <- samples$value[samples$sample == pair[1]]
    second <- samples$value[samples$sample == pair[2]]
    for (alpha in c(0.3, 0.1, 0.05, 0.01)) {
        if (2 * pwilcox(0, length(first), length(second)) > alpha)
            next
        result <- wilcox.test(second, first, exact = TRUE, conf.int = TRUE, conf.level = 1 - alpha)
        lines <- c(lines, paste(pair[1], pair[2], alpha, digits(result$estimate), digits(result$conf.int[1]),
                                digits(result$conf.int[2]), sep = ","))
    }
}
writeLines(lines, "shift_r.csv")
