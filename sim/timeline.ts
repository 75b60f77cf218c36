// The virtual clock: what is going to happen, in the order of its time. Nothing waits for real time.

export type Happening = { readonly cancel: () => void }

export type Timeline = {
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Runs `happen` then, or now where that is past. Of two at one time, the one planned first. */
  readonly at: (ms: number, happen: () => void) => Happening
  readonly after: (ms: number, happen: () => void) => Happening
  /** Moves the clock to the next happening and runs it; false where nothing is planned. */
  readonly step: () => boolean
  /** When the next one is planned; null where none is. */
  readonly next: () => number | null
}

type Planned = { readonly ms: number; readonly order: number; happen: (() => void) | null }

export function createTimeline(startMs: number): Timeline {
  const heap: Planned[] = []
  let now = startMs
  let order = 0

  const at = (ms: number, happen: () => void): Happening => {
    const planned: Planned = { ms: Math.max(ms, now), order: (order += 1), happen }
    push(heap, planned)
    return {
      cancel: () => {
        planned.happen = null
      },
    }
  }
  const dropCancelled = (): void => {
    while (heap[0]?.happen === null) pop(heap)
  }
  return {
    now: () => now,
    at,
    after: (ms, happen) => at(now + ms, happen),
    step: () => {
      dropCancelled()
      const planned = pop(heap)
      if (planned === undefined) return false
      now = planned.ms
      planned.happen?.()
      return true
    },
    next: () => {
      dropCancelled()
      return heap[0]?.ms ?? null
    },
  }
}

const isBefore = (left: Planned, right: Planned): boolean =>
  left.ms < right.ms || (left.ms === right.ms && left.order < right.order)

function push(heap: Planned[], planned: Planned): void {
  let at = heap.push(planned) - 1
  while (at > 0) {
    const parentAt = (at - 1) >> 1
    const parent = heap[parentAt]
    if (parent === undefined || isBefore(parent, planned)) break
    heap[at] = parent
    at = parentAt
  }
  heap[at] = planned
}

function pop(heap: Planned[]): Planned | undefined {
  const [first] = heap
  const last = heap.pop()
  if (first === undefined || last === undefined || heap.length === 0) return first
  let at = 0
  for (;;) {
    const childAt = smallerChild(heap, at)
    const child = heap[childAt]
    if (child === undefined || isBefore(last, child)) break
    heap[at] = child
    at = childAt
  }
  heap[at] = last
  return first
}

function smallerChild(heap: readonly Planned[], at: number): number {
  const [leftAt, rightAt] = [2 * at + 1, 2 * at + 2]
  const [left, right] = [heap[leftAt], heap[rightAt]]
  return left !== undefined && right !== undefined && isBefore(right, left) ? rightAt : leftAt
}
