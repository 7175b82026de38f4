import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { v7 as uuidv7 } from 'uuid';
import { JobQueue } from '../../platform/queue/job-queue.ts';
import type { MailTemplate, RenderedMail } from './mail-templates.ts';
import type { SecurityNotification } from './security-notifications.ts';
import { MailRenderer } from './mail-renderer.ts';
import { MailRepository } from './mail.repository.ts';
import { SendMailJob } from './send-mail.job.ts';

/** An email with the fields that the mailbox shows. */
export interface Mail extends Omit<RenderedMail, 'html'> {
  readonly id: string;
  readonly to: string;
  readonly createdAt: Date;
}

/** Notifications of one kind to one recipient within this time are merged into one. */
const notificationIntervalSeconds = 300;

/** How many emails the mailbox shows. */
const mailboxSize = 100;

/** Stores emails in the transaction of the action that they report; a job renders and delivers them. */
@Injectable()
export class MailService {
  constructor(
    private readonly mails: MailRepository,
    private readonly renderer: MailRenderer,
    private readonly queue: JobQueue,
  ) {}

  /** Enqueues an email in the caller's transaction; it is delivered after the commit. */
  @Transactional()
  async enqueue(template: MailTemplate, recipient: string, runAt?: Date): Promise<void> {
    const id = uuidv7();
    await this.mails.insert({ id, template, recipient });
    await this.queue.enqueue(SendMailJob, { mailId: id }, { runAt });
  }

  /**
   * The same for a notification about the security of an account, which is never dropped: several of one kind within
   * five minutes are merged into one, which is sent at the end of that time if the first one is sent already.
   */
  @Transactional()
  async notify(template: SecurityNotification, recipient: string): Promise<void> {
    const { isPending, nextAt } = await this.mails.findRecent(template, recipient, notificationIntervalSeconds);
    if (!isPending) await this.enqueue(template, recipient, nextAt ?? undefined);
  }

  /** The same for an email with a token. If the token does not exist, no email is stored and the job sends nothing. */
  @Transactional()
  async enqueueWithToken(oneTimeTokenId: string, template: MailTemplate, recipient: string): Promise<void> {
    const id = uuidv7();
    await this.mails.insertWithToken({ id, template, recipient, oneTimeTokenId });
    await this.queue.enqueue(SendMailJob, { mailId: id });
  }

  /** Returns the newest 100 emails, all or those to one email address. */
  async mailbox(recipient?: string): Promise<Mail[]> {
    const stored = await this.mails.findLatest(mailboxSize, recipient);
    return stored.map((mail) => {
      const { subject, text, links } = this.renderer.render(mail);
      return { id: mail.id, to: mail.recipient, createdAt: mail.createdAt, subject, text, links };
    });
  }
}
