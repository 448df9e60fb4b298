import { readdirSync, readFileSync } from 'node:fs'

import type { Route, Routes } from './routed.ts'

const SOURCES = new URL('../../src/page/', import.meta.url)
const SCRIPTS = new URL('../../dist/page/', import.meta.url)
const JAVASCRIPT = 'text/javascript; charset=utf-8'
const CSS = 'text/css; charset=utf-8'

/** Nothing from elsewhere, nothing inline: what a visitor sends shows up on the page, and must stay text. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ')

/** The files that the page is made of, as they lie on the disk, and uPlot's. */
export function fileRoutes(): Routes {
  const scripts = readdirSync(SCRIPTS).filter((name) => name.endsWith('.js'))
  return {
    'GET /': served(new URL('index.html', SOURCES), 'text/html; charset=utf-8'),
    'GET /page/icon.svg': served(new URL('icon.svg', SOURCES), 'image/svg+xml'),
    'GET /page/style.css': served(new URL('style.css', SOURCES), CSS),
    'GET /page/uplot.css': served(new URL(import.meta.resolve('uplot/dist/uPlot.min.css')), CSS),
    'GET /page/uplot.js': served(new URL(import.meta.resolve('uplot/dist/uPlot.esm.js')), JAVASCRIPT),
    ...Object.fromEntries(scripts.map((name) => [`GET /page/${name}`, served(new URL(name, SCRIPTS), JAVASCRIPT)])),
  }
}

/** Reads anew each time: who changes a file reloads the page and sees it. */
function served(file: URL, type: string): Route {
  return function serveFile(_request, response) {
    const content = readFileSync(file)
    response.writeHead(200, {
      'Content-Type': type,
      'Cache-Control': 'no-cache',
      'Content-Security-Policy': POLICY,
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
    })
    response.end(content)
  }
}
