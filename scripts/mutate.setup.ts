import fc from 'fast-check'

// A mutant is noticed with the first failure, which nobody wants to see in small. One that gets through is not to pay for
// thousands of runs of every property.
// oxlint-disable-next-line typescript/no-deprecated -- the plugin that takes its place cannot be set for all properties.
fc.configureGlobal({ endOnFailure: true, seed: 1, interruptAfterTimeLimit: 2000 })
