"""Alongside: software that runs a peer support programme and keeps nothing about who was helped."""

__version__ = "0.1.0"
