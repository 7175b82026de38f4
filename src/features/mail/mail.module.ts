import type { DynamicModule } from '@nestjs/common';
import { Module } from '@nestjs/common';
import type { ServiceConfig } from '../../config/config.ts';
import { MailRepository } from './mail.repository.ts';
import { MailService } from './mail.service.ts';
import { MailboxController } from './mailbox.controller.ts';
import { MailedTokensRepository } from './mailed-tokens.repository.ts';
import { MailedTokensService } from './mailed-tokens.service.ts';

/** Mails and the tokens that travel in them. */
@Module({
  providers: [MailRepository, MailService, MailedTokensRepository, MailedTokensService],
  exports: [MailService, MailedTokensService],
})
export class MailModule {}

/** The page that shows stored mails; production has none. */
@Module({})
export class MailboxModule {
  static forRoot(config: ServiceConfig): DynamicModule {
    if (config.environment === 'production') return { module: MailboxModule };
    return { module: MailboxModule, imports: [MailModule], controllers: [MailboxController] };
  }
}
