# Writes signed_rank_interval_r.csv beside samples.csv: what R's own exact test says of the same samples. Run
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
