import type { Attributes, Meter } from '@opentelemetry/api'
import type { DosGuard } from '@rl/core'

/** Reports how many a guard against attacks has banned, and how much it has to remember. */
export function countBans(meter: Meter, guard: Pick<DosGuard, 'bans' | 'stats' | 'on'>, own: Attributes): () => void {
  const imposed = meter.createCounter('ratelimit.dos.bans', {
    description: 'Bans of sources and networks, those that other processes have told of among them',
    unit: '{ban}',
  })
  const requests = meter.createObservableCounter('ratelimit.dos.requests', {
    description: 'Requests answered as an attack, or in shadow mode that would have been',
    unit: '{request}',
  })
  const banned = meter.createObservableGauge('ratelimit.dos.banned', {
    description: 'Sources and networks that are banned now',
    unit: '{source}',
  })
  const sources = meter.createObservableGauge('ratelimit.dos.sources', {
    description: 'Sources and networks that are counted now',
    unit: '{source}',
  })
  const observe: Parameters<Meter['addBatchObservableCallback']>[0] = (collected) => {
    const { attacks, sources: counted } = guard.stats()
    collected.observe(requests, attacks, own)
    collected.observe(banned, guard.bans().length, own)
    collected.observe(sources, counted, own)
  }
  const observables = [requests, banned, sources]
  meter.addBatchObservableCallback(observe, observables)
  const stop = guard.on('ban', ({ shared }) => imposed.add(1, { ...own, 'ratelimit.dos.shared': shared }))
  return () => {
    stop()
    meter.removeBatchObservableCallback(observe, observables)
  }
}
