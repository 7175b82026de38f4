const noOwner = `'00000000-0000-0000-0000-000000000000'`;

/** SQL expressions of a job's columns. */
interface JobColumns {
  readonly queue: string;
  readonly priority: string;
  readonly owner: string;
  readonly limitedBy: string;
}

/**
 * The SQL expression of a new job's `fair_at`: start-time fair queueing without a clock. It is the position of the next
 * job to start, or follows the last waiting job of the same owner if there is one; jobs without an owner count as those
 * of one owner. The jobs that wait for the limits of a type have an order of their own. Each part is one look-up in an
 * index.
 */
export function fairAt(job: JobColumns): string {
  return `CASE WHEN ${job.limitedBy} IS NULL THEN ${pendingFairAt(job)} ELSE ${limitedFairAt(job)} END`;
}

/** As `fairAt`, among the pending jobs. */
export function pendingFairAt({ queue, priority, owner }: Omit<JobColumns, 'limitedBy'>): string {
  return nextIn(`other.delivery = 'pending' AND other.queue = ${queue} AND other.priority = ${priority}`, owner);
}

/** The position of the next job of a type with limits: for one that waits for them again. */
export function nextLimitedFairAt(job: Pick<JobColumns, 'limitedBy' | 'priority'>): string {
  return `greatest(0, ${firstOf(limited(job))})`;
}

function limitedFairAt({ owner, ...job }: JobColumns): string {
  return nextIn(limited(job), owner);
}

function limited({ limitedBy, priority }: Pick<JobColumns, 'limitedBy' | 'priority'>): string {
  return `other.delivery = 'limited' AND other.limited_by = ${limitedBy} AND other.priority = ${priority}`;
}

function firstOf(jobs: string): string {
  return `(SELECT other.fair_at FROM jobs AS other WHERE ${jobs} ORDER BY other.fair_at LIMIT 1)`;
}

function nextIn(jobs: string, owner: string): string {
  return `greatest(0, ${firstOf(jobs)},
    (SELECT other.fair_at + 1 FROM jobs AS other
     WHERE ${jobs} AND coalesce(other.owner_id, ${noOwner}) = coalesce(${owner}, ${noOwner})
     ORDER BY other.fair_at DESC LIMIT 1))`;
}
