"""RTP in, RTP out: a WebRTC relay on one UDP port that decodes nothing. Begin with `relay.py`."""
