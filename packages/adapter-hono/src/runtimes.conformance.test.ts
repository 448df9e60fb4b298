import { adapterConformance } from '@rl/conformance'
import type { AdapterConformanceOptions, ServeApp } from '@rl/conformance'
import { startRuntime } from '@rl/test-servers'
import type { Runtime } from '@rl/test-servers'
import { describe } from 'vitest'

const serveOn =
  (runtime: Runtime, file: URL): ServeApp =>
  async (config) => {
    const { port, stop } = await startRuntime(runtime, file, config)
    return { origin: `http://127.0.0.1:${port}`, close: stop }
  }

const inWorkers: AdapterConformanceOptions = {
  skip: {
    'counts successes only, if told to, and takes a client that goes away for none':
      'workerd does not tell a worker that its client has gone away',
  },
}

// Each case has a server of its own. At once, because workerd ends idle connections only after five seconds.
describe.concurrent('Hono', () => {
  adapterConformance('on Bun', serveOn('bun', new URL('serve-bun.fixture.ts', import.meta.url)))
  adapterConformance('on Deno', serveOn('deno', new URL('serve-deno.fixture.ts', import.meta.url)))
  adapterConformance('on workerd', serveOn('workerd', new URL('serve-workerd.fixture.ts', import.meta.url)), inWorkers)
  adapterConformance(
    'on workerd, counting in a Durable Object',
    serveOn('workerd', new URL('serve-durable-object.fixture.ts', import.meta.url)),
    inWorkers,
  )
})
