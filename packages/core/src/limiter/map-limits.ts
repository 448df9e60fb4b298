/**
 * `items.map(to)`, for what there is one of for each limit that applies: mostly one. A list of one is made at once, without the code
 * that makes one of any length, which is cold in a server.
 */
export function mapLimits<From, To>(items: readonly From[], to: (item: From, i: number) => To): To[] {
  return items.length === 1 ? [to(items[0]!, 0)] : items.map(to)
}
