/** Hashes take this part of the memory at most. */
const shareOfMemory = 1 / 4;

/**
 * How many password hashes may run at once: one core stays free for everything else, and together they take no more than
 * a quarter of the memory. One, however little there is.
 */
export function hashesAtOnce(hashKib: number, machine: { readonly cores: number; readonly memoryKib: number }): number {
  const byMemory = Math.floor((machine.memoryKib * shareOfMemory) / hashKib);
  return Math.max(1, Math.min(machine.cores - 1, byMemory));
}
