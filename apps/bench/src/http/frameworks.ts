import type { App } from './app.ts'

/** The apps of each framework, loaded only by the process that serves one of them. */
export const FRAMEWORKS = {
  express: async (): Promise<readonly App[]> => (await import('./express-apps.ts')).expressApps,
  fastify: async (): Promise<readonly App[]> => (await import('./fastify-apps.ts')).fastifyApps,
  hono: async (): Promise<readonly App[]> => (await import('./hono-apps.ts')).honoApps,
} as const satisfies Record<string, () => Promise<readonly App[]>>

export type Framework = keyof typeof FRAMEWORKS
