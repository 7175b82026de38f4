const noOwner = `'00000000-0000-0000-0000-000000000000'`;

/**
 * The SQL expression of a new pending job's `fair_at`: start-time fair queueing without a clock. It is the position of
 * the next job to start, or follows the last pending job of the same owner if there is one; jobs without an owner count
 * as those of one owner. Each part is one look-up in an index. The arguments are SQL expressions.
 */
export function fairAt(job: { queue: string; priority: string; owner: string }): string {
  const same = `other.delivery = 'pending' AND other.queue = ${job.queue} AND other.priority = ${job.priority}`;
  return `greatest(0,
    (SELECT other.fair_at FROM jobs AS other WHERE ${same} ORDER BY other.fair_at LIMIT 1),
    (SELECT other.fair_at + 1 FROM jobs AS other
     WHERE ${same} AND coalesce(other.owner_id, ${noOwner}) = coalesce(${job.owner}, ${noOwner})
     ORDER BY other.fair_at DESC LIMIT 1))`;
}
