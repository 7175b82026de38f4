import type { DynamicModule } from '@nestjs/common';
import { Module } from '@nestjs/common';
import type { Config } from '../../config/config.ts';
import { MailServer } from './mail-server.ts';
import { MailWriter } from './mail-writer.ts';
import { MailRepository } from './mail.repository.ts';
import { MailService } from './mail.service.ts';
import { MailboxController } from './mailbox.controller.ts';
import { MailedLinksService } from './mailed-links.service.ts';
import { MailedTokensRepository } from './mailed-tokens.repository.ts';
import { MailedTokensService } from './mailed-tokens.service.ts';
import { SendMailJob } from './send-mail.job.ts';

/** Mails, their delivery, and the tokens that travel in them. */
@Module({
  providers: [
    MailRepository,
    MailServer,
    MailService,
    MailWriter,
    MailedLinksService,
    MailedTokensRepository,
    MailedTokensService,
    SendMailJob,
  ],
  exports: [MailService, MailedLinksService, MailedTokensService],
})
export class MailModule {}

/** The page that shows stored mails; there is none in production, nor where mails are really sent. */
@Module({})
export class MailboxModule {
  static forRoot({ service, mail }: Pick<Config, 'service' | 'mail'>): DynamicModule {
    if (service.environment === 'production' || mail.smtpUrl !== undefined) return { module: MailboxModule };
    return { module: MailboxModule, imports: [MailModule], controllers: [MailboxController] };
  }
}
