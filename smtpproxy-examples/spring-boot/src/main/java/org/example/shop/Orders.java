package org.example.shop;

import org.springframework.http.HttpStatus;
import org.springframework.mail.SimpleMailMessage;
import org.springframework.mail.javamail.JavaMailSender;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** Takes an order, and confirms it by mail: what the mail server answers is known before the request ends. */
@RestController
public class Orders {

    private final JavaMailSender mail;

    Orders(JavaMailSender mail) {
        this.mail = mail;
    }

    @PostMapping("/orders")
    @ResponseStatus(HttpStatus.CREATED)
    void order(@RequestParam String customer, @RequestParam String item) {
        SimpleMailMessage confirmation = new SimpleMailMessage();
        confirmation.setFrom("shop@example.org");
        confirmation.setTo(customer);
        confirmation.setSubject("Your order");
        confirmation.setText("We send you: " + item);
        mail.send(confirmation);
    }
}
