package com.example.mail;

import io.github.smtpproxy.filter.Filter;
import io.github.smtpproxy.filter.TransactionChain;
import io.github.smtpproxy.protocol.RcptTo;
import io.github.smtpproxy.protocol.Reply;

/** Refuses recipients of other domains than ours, whoever sends to them. Whether ours exist, the server says. */
record RefuseStrangers(String ourDomain) implements Filter {

    private static final Reply STRANGER = Reply.reject("5.7.1", "No mail for other domains");

    @Override
    public Reply rcpt(RcptTo rcpt, TransactionChain<RcptTo> next) {
        return rcpt.recipient().asciiDomain().equals(ourDomain) ? next.proceed(rcpt) : STRANGER;
    }
}
