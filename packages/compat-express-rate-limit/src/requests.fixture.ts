/** The statuses that so many requests at once are answered with. */
export async function statusesOf(count: number, origin: string | URL): Promise<number[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const answer = await fetch(origin)
      await answer.arrayBuffer()
      return answer.status
    }),
  )
}

/** How many requests were served, of so many that came at once. */
export async function admittedOf(count: number, origin: string): Promise<number> {
  const statuses = await statusesOf(count, origin)
  return statuses.filter((status) => status === 200).length
}
