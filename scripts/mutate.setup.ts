import fc from 'fast-check'

// A mutant is noticed with the first failure, which nobody wants to see in small; and one run finds what another does.
fc.configureGlobal({ endOnFailure: true, seed: 1 })
