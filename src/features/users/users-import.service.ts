import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { v7 as uuidv7 } from 'uuid';
import type { Job } from '../../platform/queue/job.ts';
import { JobQueue } from '../../platform/queue/job-queue.ts';
import { AuditService } from '../audit/index.ts';
import { csvChunks, csvRecords } from './csv-records.ts';
import type { CsvChunk } from './csv-records.ts';
import type { UsersImportPayload } from './users-import.job.ts';
import { importColumns, importType } from './users-import.job.ts';
import { UsersImportRepository } from './users-import.repository.ts';
import { MalformedCsv } from './users.errors.ts';

/** Who imports users, and how. */
interface ImportOptions {
  readonly ownerId: string;
  readonly invite: boolean;
}

/** Stores uploaded files of users, and creates the jobs that import them. */
@Injectable()
export class UsersImportService {
  constructor(
    private readonly imports: UsersImportRepository,
    private readonly queue: JobQueue,
    private readonly audit: AuditService,
  ) {}

  /**
   * Stores the file chunk by chunk, outside of a transaction, and returns what creates its job. A file that cannot be
   * read to its end is deleted; retention deletes one whose job was not created within an hour.
   * @throws MalformedCsv, TooManyRows, and what reading the file throws
   */
  async store(file: AsyncIterable<Uint8Array>, options: ImportOptions): Promise<() => Promise<Job>> {
    const importId = uuidv7();
    try {
      await this.storeChunks(importId, file);
    } catch (error) {
      // The first error is reported; retention deletes what is left.
      await this.imports.delete(importId).catch(() => undefined);
      throw error;
    }
    return async () => await this.start(importId, options);
  }

  private async storeChunks(importId: string, file: AsyncIterable<Uint8Array>): Promise<void> {
    let seq = 0;
    for await (const chunk of csvChunks(file)) {
      if (seq === 0) await this.imports.insert(importId, columnsIn(chunk));
      else await this.imports.insertChunk(importId, seq, chunk);
      seq += 1;
    }
    if (seq === 0) throw new MalformedCsv('The file is empty.');
    if (seq === 1) throw new MalformedCsv('The file has a header and no rows.');
  }

  @Transactional()
  private async start(importId: string, { ownerId, invite }: ImportOptions): Promise<Job> {
    const payload: UsersImportPayload = { importId, invite };
    const job = await this.queue.enqueueByType(importType, payload, { ownerId });
    if (!(await this.imports.assign(importId, job.id))) throw new Error('The stored file has expired');
    await this.audit.record('job_requested', { subjectId: ownerId, reason: `job ${job.id} of ${importType}` });
    return job;
  }
}

/** @throws MalformedCsv */
function columnsIn(header: CsvChunk): string[] {
  const [record] = csvRecords(header);
  const columns = [...(record?.cells ?? [])];
  const unknown = columns.find((column) => !importColumns.includes(column));
  if (unknown !== undefined || columns.length === 0) {
    const name = (unknown ?? '').replaceAll('\0', '').slice(0, 100).toWellFormed();
    throw new MalformedCsv(`The header has the unknown column "${name}"; known are ${importColumns.join(', ')}.`);
  }
  const duplicate = columns.find((column, at) => columns.indexOf(column) !== at);
  if (duplicate !== undefined) throw new MalformedCsv(`The header has the column ${duplicate} twice.`);
  if (!columns.includes('email')) throw new MalformedCsv('The header has no column email.');
  return columns;
}
