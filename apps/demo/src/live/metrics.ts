import type { RequestListener } from 'node:http'

import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import type { DosGuard } from '@rl/core'
import { instrument } from '@rl/telemetry'

import type { DemoLimiter } from '../create-limiter.ts'

/** Answers Prometheus, by OpenTelemetry's own exporter. */
export function metricsOf(limiter: DemoLimiter, guard: DosGuard): RequestListener {
  const exporter = new PrometheusExporter({ preventServerStart: true })
  instrument(limiter, { meterProvider: new MeterProvider({ readers: [exporter] }), guard })
  return (request, response) => exporter.getMetricsRequestHandler(request, response)
}
