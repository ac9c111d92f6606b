/** Asking hooks: programs of others that decide about mail, by HTTP and JSON. Experimental. */
package io.github.smtpproxy.filters.hook;
