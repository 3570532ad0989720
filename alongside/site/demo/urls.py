"""Routes of the demonstration; the sign-in is below /in/, where its cookie belongs."""

from django.urls import path

from alongside.site.demo import views

urlpatterns = [
    path("demo/", views.home, name="demo"),
    path("demo/mail", views.letters, name="demo_mail"),
    path("demo/later", views.later, name="demo_later"),
    path("in/enter/as/<slug:slug>", views.continue_as, name="demo_as"),
]
