// Loaded before the demo: says on its end how late its event loop was.
import { monitorEventLoopDelay } from 'node:perf_hooks'

const delay = monitorEventLoopDelay({ resolution: 1 })
delay.enable()
process.on('exit', () => {
  const ms = (nanoseconds: number): string => (nanoseconds / 1e6).toFixed(1)
  process.stdout.write(`event loop delay: p99 ${ms(delay.percentile(99))} ms, max ${ms(delay.max)} ms\n`)
})
