import { checkOptions } from '@rl/core'
import { describe, it } from 'vitest'

import { adapterCases } from './adapter-cases.ts'
import type { AdapterCaseName } from './adapter-cases.ts'
import { runAdapterCase } from './run-adapter-case.ts'
import type { ServeApp } from './run-adapter-case.ts'

/** What to leave out. */
export interface AdapterConformanceOptions {
  /** The cases that this adapter does not pass yet, each with the reason, which is shown. */
  readonly skip?: Partial<Readonly<Record<AdapterCaseName, string>>>
}

const CASES = Object.fromEntries(Object.keys(adapterCases).map((name) => [name, true as const]))

/**
 * Holds an adapter to what every adapter promises: registers a Vitest suite that sends real requests.
 *
 * @param name What the adapter is called in the report.
 * @throws {ConfigError} `RL_UNKNOWN_OPTION` if a case is to be skipped that does not exist.
 *
 * @example
 * ```ts
 * import { once } from 'node:events'
 * import type { AddressInfo } from 'node:net'
 * import express from 'express'
 * import type { NextFunction, Request, Response } from 'express'
 * import { rateLimit } from '@rl/adapter-express'
 * import { adapterConformance } from '@rl/conformance'
 * import { adapterOptions, respond, respondToError } from '@rl/conformance/app'
 *
 * adapterConformance('Express', async (config) => {
 *   const app = express()
 *   if (config.trustProxy) app.set('trust proxy', true)
 *   app.use(rateLimit(adapterOptions(config, (request, name) => request.get(name))))
 *   app.use('/app', async (request, response) => {
 *     const { status, headers, body } = await respond(request.originalUrl.split('?')[0]!, request.rateLimit)
 *     response.status(status).set(headers).end(body)
 *   })
 *   app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => {
 *     const { status, headers, body } = respondToError(error)
 *     response.status(status).set(headers).end(body)
 *   })
 *   const server = app.listen(0)
 *   await once(server, 'listening')
 *   const { port } = server.address() as AddressInfo
 *   return {
 *     origin: `http://localhost:${port}`,
 *     async close() {
 *       server.closeAllConnections()
 *       server.close()
 *     },
 *   }
 * })
 * ```
 */
export function adapterConformance(name: string, serve: ServeApp, options: AdapterConformanceOptions = {}): void {
  checkOptions('adapterConformance', options, { skip: true })
  const { skip = {} } = options
  checkOptions('`skip`', skip, CASES)
  describe(name, () => {
    for (const caseName of Object.keys(adapterCases) as AdapterCaseName[]) {
      const reason = skip[caseName]
      const title = reason === undefined ? caseName : `${caseName} (skipped: ${reason})`
      it.skipIf(reason !== undefined)(title, () => runAdapterCase(caseName, serve))
    }
  })
}
