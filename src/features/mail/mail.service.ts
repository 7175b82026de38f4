import { Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { v7 as uuidv7 } from 'uuid';
import { requestLanguage } from '../../platform/i18n/language.ts';
import { currentRequest } from '../../platform/logging/request-context.ts';
import { JobQueue } from '../../platform/queue/job-queue.ts';
import { browserName } from './browser-name.ts';
import type { MailTemplate, SecurityNotification } from './mail-templates.ts';
import { showsOrigin } from './mail-templates.ts';
import { MailRenderer } from './mail-renderer.ts';
import type { NewMail, StoredMail } from './mail.repository.ts';
import { MailRepository } from './mail.repository.ts';
import type { RenderedMail } from './render-mail.ts';
import { SendMailJob } from './send-mail.job.ts';

/** An email with the fields that the mailbox shows. */
export interface Mail extends RenderedMail {
  readonly id: string;
  readonly template: string;
  readonly to: string;
  readonly createdAt: Date;
}

/** Options of an email. */
interface MailOptions {
  readonly runAt?: Date | undefined;
  /** The language, if the recipient has no account; that of the request by default. */
  readonly locale?: string | undefined;
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
  async enqueue(template: MailTemplate, recipient: string, options: MailOptions = {}): Promise<void> {
    const mail = newMail(template, recipient, options.locale);
    await this.mails.insert(mail);
    await this.queue.enqueue(SendMailJob, { mailId: mail.id }, { runAt: options.runAt });
  }

  /**
   * The same for a notification about the security of an account, which is never dropped: several of one kind within
   * five minutes are merged into one, which is sent at the end of that time if the first one is sent already.
   */
  @Transactional()
  async notify(template: SecurityNotification, recipient: string, locale?: string): Promise<void> {
    const { isPending, nextAt } = await this.mails.findRecent(template, recipient, notificationIntervalSeconds);
    if (!isPending) await this.enqueue(template, recipient, { runAt: nextAt ?? undefined, locale });
  }

  /** The same for an email with a token. If the token does not exist, no email is stored and the job sends nothing. */
  @Transactional()
  async enqueueWithToken(oneTimeTokenId: string, template: MailTemplate, recipient: string): Promise<void> {
    const mail = newMail(template, recipient);
    const principalId = currentRequest()?.principalId ?? null;
    await this.mails.insertWithToken({ ...mail, oneTimeTokenId, principalId });
    await this.queue.enqueue(SendMailJob, { mailId: mail.id });
  }

  /** Returns the newest 100 emails, all or those to one email address. */
  async mailbox(recipient?: string): Promise<Mail[]> {
    const stored = await this.mails.findLatest(mailboxSize, recipient);
    return stored.map((mail) => this.rendered(mail));
  }

  /** Returns one email of the mailbox, or undefined. */
  async findInMailbox(id: string): Promise<Mail | undefined> {
    const mail = await this.mails.findById(id);
    return mail && this.rendered(mail);
  }

  /** Deletes all emails; those that are not sent yet are not sent. */
  async clearMailbox(): Promise<void> {
    await this.mails.deleteAll();
  }

  private rendered(mail: StoredMail): Mail {
    const { id, template, recipient: to, createdAt } = mail;
    return { id, template, to, createdAt, ...this.renderer.render(mail) };
  }
}

/** The current request causes the email; its IP address and browser are stored only if the email shows them. */
function newMail(template: MailTemplate, recipient: string, locale: string = requestLanguage()): NewMail {
  const request = showsOrigin(template) ? currentRequest() : undefined;
  const { ip = null, userAgent = '' } = request ?? {};
  return { id: uuidv7(), template, recipient, locale, ip, browser: browserName(userAgent) ?? null };
}
